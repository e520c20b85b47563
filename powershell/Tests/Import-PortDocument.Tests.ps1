BeforeAll { . ([System.IO.Path]::Combine($PSScriptRoot, 'Shared.ps1')) }

Describe 'Import-PortDocument' {
    BeforeEach { Reset-Reservation }
    AfterAll { Stop-PortReservationWorker }

    It 'makes a document of a table, which Import-PortReservation reads' {
        Start-PortReservationWorker -Provider Ledger
        $folder = (Get-PSDrive TestDrive).Root
        $table = [System.IO.Path]::Combine($folder, 'ports.csv')
        [System.IO.File]::WriteAllText($table, "Name,StartPort,NumberOfPorts`nweb,21040,3`n")
        $text = Import-PortDocument -From Csv $table -Document shop
        $text | Should -BeLike '*startPort: 21040*'
        $document = [System.IO.Path]::Combine($folder, 'ports.yaml')
        [System.IO.File]::WriteAllText($document, $text)
        $changes = Import-PortReservation $document -WhatIf -PassThru
        $changes.Name, $changes.StartPort, $changes.Action | Should -Be 'web', 21040, 'Create'
    }

    It 'names the line of a table that is wrong, and the file that is not there' {
        $table = [System.IO.Path]::Combine((Get-PSDrive TestDrive).Root, 'wrong.csv')
        [System.IO.File]::WriteAllText($table, "Port`n0`n")
        $failed = Get-Failure { Import-PortDocument -From Csv $table }
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidDocument*'
        "$($failed[0])" | Should -BeLike '*line 2*'
        (Get-Failure { Import-PortDocument -From Csv "$table.none" })[0].FullyQualifiedErrorId | Should -BeLike 'DocumentNotRead*'
        (Get-Failure { Import-PortDocument -From Csv })[0].FullyQualifiedErrorId | Should -BeLike 'InvalidPath*'
    }

    It 'gives JSON, and tells what no document can say' {
        $file = [System.IO.Path]::Combine((Get-PSDrive TestDrive).Root, 'urls.txt')
        [System.IO.File]::WriteAllText($file, 'Reserved URL : http://+:8080/app/')
        $text = Import-PortDocument -From UrlAcl $file -Format Json -WarningVariable said -WarningAction SilentlyContinue
        ($text | ConvertFrom-Json).name | Should -Be 'imported'
        "$said" | Should -BeLike 'tcp 8080 is left out*'
    }
}
