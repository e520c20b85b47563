# Runs the live tests as a new local user without an administrator's rights; their output and report are in build/live.
# Run it elevated, in the checkout, after npm run setup and npm run build. A persistent reservation and an exclusion are made
# before, for that user to be asked about, and taken away behind.
$ErrorActionPreference = 'Stop'
$root = (Resolve-Path "$PSScriptRoot/../..").Path
$users = '*S-1-5-32-545'
$output = "$root\build\live"
$temporary = "$output\temp"
icacls $root /grant "${users}:(OI)(CI)RX" | Out-Null
# The report's folder, a folder for temporary files, and where vitest keeps its own.
foreach ($folder in $output, $temporary, "$root\node_modules\.vite", "$root\node_modules\.vite-temp") {
    $null = New-Item -ItemType Directory -Force $folder
    icacls $folder /grant "${users}:(OI)(CI)M" | Out-Null
}
$env:TEMP = $env:TMP = $temporary

$name = 'portreservation'
$password = ConvertTo-SecureString "$([guid]::NewGuid())aA1!" -AsPlainText -Force
if (-not (Get-LocalUser $name -ErrorAction Ignore)) { $null = New-LocalUser $name -Password $password }
else { Set-LocalUser $name -Password $password }
$program = "$root\dist\PortReservation\worker\portreservation.mjs"
$prepared = "$output\prepared.json"
try {
    $reserved = node $program new --persistent --name live-prepared --json | ConvertFrom-Json
    $free = node $program find --ports 4 --json | ConvertFrom-Json
    $excluded = $free.ranges[0].startPort
    node $program exclude add $excluded --name live-prepared
    if ($reserved) {
        @{ reserved = $reserved.reservations[0].range.startPort; excluded = $excluded } |
            ConvertTo-Json | Set-Content -Encoding utf8 $prepared
    }
    $start = @{
        FilePath = (Get-Command node).Source
        ArgumentList = 'node_modules/vitest/vitest.mjs', 'run', '--config', 'test/live/vitest.config.ts'
        WorkingDirectory = $root
        Credential = [pscredential]::new($name, $password)
        LoadUserProfile = $true
        RedirectStandardOutput = "$output\ordinary-output.txt"
        RedirectStandardError = "$output\ordinary-errors.txt"
        Wait = $true
        PassThru = $true
    }
    $process = Start-Process @start
    Get-Content "$output\ordinary-output.txt", "$output\ordinary-errors.txt"
    exit $process.ExitCode
} finally {
    Remove-LocalUser $name
    Remove-Item $prepared -ErrorAction Ignore
    node $program remove live-prepared
    if ($excluded) { node $program exclude remove $excluded }
}
