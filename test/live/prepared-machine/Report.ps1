# What the scripts beside this share: answers are said as they come, and written as a table into build/live.
$ErrorActionPreference = 'Stop'
$script:Answers = [System.Collections.Generic.List[object]]::new()

function Add-Answer ([string] $Question, [object] $Answer) {
    $text = if ($null -eq $Answer) { '' } else { (@($Answer) | ForEach-Object { "$_" }) -join '; ' }
    $script:Answers.Add(@($Question, $text))
    "$Question -> $text"
}

# What a command says, or the id of its error and its sentence.
function Get-Answer ([scriptblock] $Work) {
    try { @(& $Work) }
    catch { "$($_.FullyQualifiedErrorId.Split(',')[0]): $($_.Exception.Message)" }
}

# 0, or the error of a plain bind.
function Get-Bind ([int] $Port) {
    $socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
    try {
        $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, $Port))
        0
    }
    catch { $_.Exception.GetBaseException().ErrorCode }
    finally { $socket.Dispose() }
}

# netsh's lines; its exit code is in LASTEXITCODE.
function Invoke-Netsh {
    & ([System.IO.Path]::Combine([System.Environment]::SystemDirectory, 'netsh.exe')) @args | Where-Object { $_ }
}

# The rows of netsh that hold the port.
function Get-Row ([int] $Port, [string] $Store = 'active') {
    foreach ($line in (Invoke-Netsh interface ipv4 show excludedportrange protocol=tcp store=$Store)) {
        if ($line -match '^\s*(\d+)\s+(\d+)\s*(\*?)\s*$' -and [int] $Matches[1] -le $Port -and [int] $Matches[2] -ge $Port) {
            "$Store $($Matches[1])-$($Matches[2]) $($Matches[3])".Trim()
        }
    }
}

function Test-Elevated {
    $identity = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
    $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Save-Report ([string] $Name, [string] $Folder) {
    $null = [System.IO.Directory]::CreateDirectory($Folder)
    $lines = @("# $Name", '', "$([System.Environment]::OSVersion.VersionString), PowerShell $($PSVersionTable.PSVersion)", '')
    $lines += '| question | this Windows |', '|---|---|'
    foreach ($pair in $script:Answers) { $lines += "| $($pair[0].Replace('|', '\|')) | $($pair[1].Replace('|', '\|')) |" }
    $file = [System.IO.Path]::Combine($Folder, "$Name.md")
    [System.IO.File]::WriteAllLines($file, [string[]] $lines)
    "Written to $file"
}
