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
    place in one step; one that is there is replaced. A path that ends in .html makes a page of both protocols, in
    one file as well, with search, and for the keyboard and screen readers, too.

    Errors, by id: AccessDenied, NotSupported, OsError, LedgerCorrupt, InvalidPath (no place for a file),
    WriteFailed.

    .PARAMETER Protocol
    Tcp (the default) or Udp. A page has both.

    .PARAMETER Port
    Ports to ring, 1 to 65535, and to say what they are; at most 20.

    .PARAMETER Layout
    Even (the default), or Folded: half of the area for the ports below 10000, and rows without anything folded.

    .PARAMETER Caption
    A line beside the headline, 1 to 200 characters, such as the machine and the day. The map names no machine by
    itself.

    .PARAMETER Card
    With -Path: a picture of 1200 by 600, as links to it are shown elsewhere.

    .PARAMETER Width
    How many columns the text may take, 40 to 500. Default: as many as the window has, or 80.

    .PARAMETER Plain
    Only ASCII characters and no colours: for files, mails, and terminals that show neither.

    .PARAMETER Path
    The SVG or HTML file to write, by its extension. Wildcards are not expanded. Nothing is shown then.

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

    .EXAMPLE
    Show-PortMap -Path ports.html -Port 5173 -Caption "$env:COMPUTERNAME, $([datetime]::Today.ToString('d'))"

    Makes a page to send to somebody, with port 5173 ringed.

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

        [ValidateRange(1, 65535)]
        [ValidateCount(1, 20)]
        [int[]] $Port,

        [ValidateSet('Even', 'Folded')]
        [string] $Layout,

        [ValidateLength(1, 200)]
        [string] $Caption,

        [Parameter(ParameterSetName = 'Text')]
        [ValidateRange(40, 500)]
        [int] $Width,

        [Parameter(ParameterSetName = 'Text')]
        [switch] $Plain,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [Parameter(ParameterSetName = 'File')]
        [switch] $Card,

        [Parameter(ParameterSetName = 'File')]
        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        if ($Path) {
            $file = Resolve-NewFile $PSCmdlet $Path
            if ($null -eq $file -or -not $PSCmdlet.ShouldProcess($file, "Write map of $Protocol ports")) { return }
            $isPage = [System.IO.Path]::GetExtension($file) -in '.html', '.htm'
            $render = @{ format = if ($isPage) { 'html' } else { 'svg' } }
            if ($Card) { $render.card = $true }
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

        if ($Port) { $render.ring = @($Port) }
        if ($Layout) { $render.layout = $Layout.ToLowerInvariant() }
        if ($Caption) { $render.caption = $Caption }
        $words = @($Protocol.ToLowerInvariant())
        if ($render.format -eq 'html') { $words = @('tcp', 'udp') }
        $params = @{ protocol = $words; render = $render }
        $result = Invoke-WorkerMethod $PSCmdlet 'port/map' $params $Protocol
        if ($null -eq $result) { return }
        foreach ($map in $result['maps']) {
            foreach ($warning in $map['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
            $text = [string] $map['text']
            # A page stands in the first map.
            if ($Path -and -not $text) { continue }
            if (-not $Path) { $text.Split([char] 10) }
            elseif ((Save-TextFile $PSCmdlet $file $text) -and $PassThru) { [System.IO.FileInfo]::new($file) }
        }
    }
}
