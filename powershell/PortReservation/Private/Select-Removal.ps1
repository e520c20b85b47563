# What Remove-PortReservation or Remove-PortExclusion is to remove: for each, the params of the call and how to name it to the user.
function Select-Removal {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string[]] $Name,
        [string[]] $Protocol,
        [int] $StartPort,
        [int] $NumberOfPorts,
        [uint64] $Token,
        [string] $Document,
        [switch] $Exclusion
    )

    $what = if ($Exclusion) { 'exclusion' } else { 'reservation' }
    $words = ConvertTo-ProtocolList $Protocol
    if ($Cmdlet.ParameterSetName -eq 'Name') {
        $query = @{ Name = $Name; Protocol = $words; Document = $Document }
        $found = if ($Exclusion) { Find-Exclusion $Cmdlet $query } else { Find-Reservation $Cmdlet $query }
        if ($null -eq $found) { return }
        Write-NotFound $Cmdlet $query $found $what
        foreach ($one in $found) {
            $range = Format-PortRange $one.Protocol $one.StartPort $one.NumberOfPorts
            $params = ConvertTo-RangeParam $one.Protocol $one.StartPort $one.NumberOfPorts
            # So that it is the reservation that was found, and not one made since.
            if (-not $Exclusion -and $null -ne $one.Token) { $params.token = "$($one.Token)" }
            if ($Document) { $params.document = $Document }
            @{ Target = "$range '$($one.Name)'"; Params = $params }
        }

        return
    }

    if ($StartPort -eq 0 -and $Token -eq 0) {
        Write-SelectorMissing $Cmdlet
        return
    }

    $given = @{}
    if ($Token) { $given.token = "$Token" }
    if ($Document) { $given.document = $Document }
    if ($StartPort -eq 0) { return @{ Target = "token $Token"; Params = $given } }
    if ($words.Count -eq 0) { $words = , 'tcp' }
    foreach ($word in $words) {
        $target = Format-PortRange ([FromWire]::Title($word)) $StartPort $NumberOfPorts
        @{ Target = $target; Params = $given + (ConvertTo-RangeParam $word $StartPort $NumberOfPorts) }
    }
}
