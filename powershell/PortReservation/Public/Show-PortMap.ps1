function Show-PortMap {
    <#
    .SYNOPSIS
    Shows all 65,535 ports of a protocol at a glance, in the terminal or as a picture.

    .DESCRIPTION
    Draws what every port is: listening, in use by a connection, reserved, kept by the system, excluded,
    privileged, in the range that the system hands out by itself, or free. A cell stands for several ports and
    shows the most remarkable of them, so that a single listener is seen. Under the map stand the numbers of each
    kind and, as far as there is room, who listens, what is reserved by name, and who excluded what.

    The map rests on the tables of the system, and nothing is bound. A TCP socket that is bound without listening
    is in no table of Linux: Get-PortStatus finds it. What you may not see of other users' processes is said in a
    warning.

    The lines are strings. They have colours where the terminal shows them, and none where they go to another
    command or into a file, where the environment variable NO_COLOR is set, and with -Plain.

    With -Path the map is written as an SVG picture instead: one file without scripts, light or dark as the
    reader's system is, with tooltips that name each port's process, reservation or exclusion. The file is put in
    place in one step; one that is there is replaced.

    Errors, by id: AccessDenied, NotSupported, OsError, LedgerCorrupt, InvalidPath (no place for a file),
    WriteFailed.

    .PARAMETER Protocol
    Tcp (the default) or Udp.

    .PARAMETER Width
    How many columns the text may take, 40 to 500. Default: as many as the window has, or 80.

    .PARAMETER Plain
    Only ASCII characters and no colours: for files, mails, and terminals that show neither.

    .PARAMETER Path
    The SVG file to write. Wildcards are not expanded. Nothing is shown then.

    .PARAMETER PassThru
    Gives the file that was written.

    .INPUTS
    Objects with a property Protocol.

    .OUTPUTS
    System.String for the lines; with -Path and -PassThru System.IO.FileInfo.

    .EXAMPLE
    Show-PortMap

    Shows the TCP ports in the width of the window.

    .EXAMPLE
    Show-PortMap Udp -Plain -Width 100 | Set-Content ports.txt

    Keeps the map of the UDP ports as plain text.

    .EXAMPLE
    Show-PortMap -Path map.svg -PassThru | Invoke-Item

    Draws a picture and opens it. Point at a cell to see what it is.

    .LINK
    Get-PortStatus

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(
        DefaultParameterSetName = 'Text', SupportsShouldProcess, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType([string], ParameterSetName = 'Text')]
    [OutputType([System.IO.FileInfo], ParameterSetName = 'File')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string] $Protocol = 'Tcp',

        [Parameter(ParameterSetName = 'Text')]
        [ValidateRange(40, 500)]
        [int] $Width,

        [Parameter(ParameterSetName = 'Text')]
        [switch] $Plain,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [Parameter(ParameterSetName = 'File')]
        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        if ($Path) {
            $file = Resolve-NewFile $PSCmdlet $Path
            if ($null -eq $file -or -not $PSCmdlet.ShouldProcess($file, "Write map of $Protocol ports")) { return }
            $render = @{ format = 'svg' }
        }
        else {
            # What takes the colours out of a text would leave two rows in a line that look the same.
            $style = $ExecutionContext.SessionState.PSVariable.GetValue('PSStyle')
            $isPlainText = $null -ne $style -and $style.OutputRendering -eq 'PlainText'
            $manner = 'Colorful'
            if ($isPlainText -or [Terminal]::IsPassedOn($MyInvocation)) { $manner = 'Colorless' }
            if ($Plain) { $manner = 'Plain' }
            $render = [Terminal]::Rendering($Host, $Width, $manner)
        }

        $params = @{ protocol = $Protocol.ToLowerInvariant(); render = $render }
        $result = Invoke-WorkerMethod $PSCmdlet 'port/map' $params $Protocol
        if ($null -eq $result) { return }
        foreach ($map in $result['maps']) {
            foreach ($warning in $map['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
            $text = [string] $map['text']
            if (-not $Path) { $text.Split([char] 10) }
            elseif ((Save-TextFile $PSCmdlet $file $text) -and $PassThru) { [System.IO.FileInfo]::new($file) }
        }
    }
}
