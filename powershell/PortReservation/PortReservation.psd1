@{
    RootModule           = 'PortReservation.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = 'b9a5d0c6-6f0e-4a57-9f0c-2d8a1c3e7f45'
    Author               = 'PortReservation contributors'
    CompanyName          = 'PortReservation contributors'
    Copyright            = '(c) PortReservation contributors. MIT licence.'
    Description          = 'Reserves TCP and UDP ports so that nobody else takes them: runtime reservations that end with the session, and persistent ones for the machine. Keeps ports out of automatic choice, finds free ones, says who has a port and why it cannot be bound, and makes what a document asks for.'

    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')

    FormatsToProcess     = @('PortReservation.Format.ps1xml')

    FunctionsToExport    = @(
        'Connect-PortReservation'
        'Export-PortReservation'
        'Find-FreePortRange'
        'Get-PortDynamicRange'
        'Get-PortExclusion'
        'Get-PortReservation'
        'Get-PortStatus'
        'Import-PortDocument'
        'Import-PortReservation'
        'Invoke-WithPortReservation'
        'New-PortExclusion'
        'New-PortReservation'
        'New-PortReservationSocket'
        'Remove-PortExclusion'
        'Remove-PortReservation'
        'Show-PortMap'
        'Start-PortReservationWorker'
        'Stop-PortReservationWorker'
        'Test-PortReservation'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('Network', 'Port', 'TCP', 'UDP', 'Reservation', 'FreePort', 'WinNAT', 'netsh', 'DSC', 'Windows', 'Linux', 'MacOS', 'PSEdition_Desktop', 'PSEdition_Core')
            # The build puts the section of CHANGELOG.md here.
            ReleaseNotes = ''
        }
    }
}
