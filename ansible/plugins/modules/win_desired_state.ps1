#!powershell

# MIT License, see LICENSE

#AnsibleRequires -CSharpUtil Ansible.Basic

$spec = @{
    options = @{
        document = @{ type = 'dict' }
        src = @{ type = 'path' }
        prune = @{ type = 'bool'; default = $false }
        provider = @{ type = 'str'; choices = 'auto', 'windows', 'ledger'; default = 'auto' }
        home = @{ type = 'path' }
        module = @{ type = 'str'; default = 'PortReservation' }
    }
    required_one_of = @(, @('document', 'src'))
    mutually_exclusive = @(, @('document', 'src'))
    supports_check_mode = $true
}

$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

# What comes from a template may be text, where the document wants numbers; and one protocol is one word or a list.
function ConvertTo-Entry ([System.Collections.IDictionary] $Entry) {
    $numbers = 'startPort', 'numberOfPorts'
    $converted = @{}
    foreach ($key in $Entry.Keys) {
        $value = $Entry[$key]
        $isNumber = $numbers -contains $key -and $value -is [string] -and $value -match '^[0-9]{1,5}$'
        $converted[$key] = if ($isNumber) { [int] $value } else { $value }
    }
    $converted
}

function ConvertTo-DocumentText ([System.Collections.IDictionary] $Document) {
    $converted = @{}
    foreach ($key in $Document.Keys) {
        $value = $Document[$key]
        $isList = ('reservations', 'exclusions') -contains $key -and $value -is [System.Collections.IList]
        $converted[$key] = if (-not $isList) { $value } else {
            , @(foreach ($entry in $value) {
                    if ($entry -is [System.Collections.IDictionary]) { ConvertTo-Entry $entry } else { $entry }
                })
        }
    }
    ConvertTo-Json -InputObject $converted -Depth 10
}

# A change as the cmdlet gives it, in the words of the protocol.
function ConvertTo-Result ($Change) {
    $result = @{
        action = $Change.Action.ToLowerInvariant()
        kind = $Change.Kind.ToLowerInvariant()
        protocol = $Change.Protocol.ToLowerInvariant()
        range = @{ startPort = $Change.StartPort; numberOfPorts = $Change.NumberOfPorts }
    }
    if ($Change.Name) { $result.name = $Change.Name }
    if ($Change.Difference) { $result.differs = @($Change.Difference | ForEach-Object { $_.ToLowerInvariant() }) }
    if ($Change.Error) { $result.error = @{ message = $Change.Error } }
    $result
}

# The error, and what to do about it.
function Get-Sentence ([System.Management.Automation.ErrorRecord] $Record) {
    $hint = if ($Record.ErrorDetails) { $Record.ErrorDetails.RecommendedAction }
    "$($Record.Exception.Message) $hint".Trim()
}

if ($module.Params.home) { $env:PORT_RESERVATION_HOME = $module.Params.home }

try {
    Import-Module -Name $module.Params.module -ErrorAction Stop
}
catch {
    $module.FailJson("The PowerShell module '$($module.Params.module)' cannot be imported: $($_.Exception.Message)", $_)
}

$module.Result.version = "$((Get-Command -Name Import-PortReservation).Module.Version)"
$path = $module.Params.src
$format = @{}
if ($null -ne $module.Params.document) {
    $path = Join-Path -Path $module.Tmpdir -ChildPath 'document.json'
    $text = ConvertTo-DocumentText $module.Params.document
    [System.IO.File]::WriteAllText($path, $text, [System.Text.UTF8Encoding]::new($false))
    $format.Format = 'Json'
}

$changes = @()
$faults = @()
$warnings = @()
try {
    if ($module.Params.provider -ne 'auto') {
        Start-PortReservationWorker -Provider $module.Params.provider -ErrorAction Stop
    }
    $import = @{
        Path = $path; Prune = $module.Params.prune; PassThru = $true; WhatIf = $module.CheckMode; Confirm = $false
        ErrorAction = 'SilentlyContinue'; ErrorVariable = 'faults'
        WarningAction = 'SilentlyContinue'; WarningVariable = 'warnings'
    }
    $changes = @(Import-PortReservation @import @format)
}
catch {
    $module.FailJson((Get-Sentence $_), $_)
}
finally {
    Stop-PortReservationWorker -WhatIf:$false
}

foreach ($warning in $warnings) { $module.Warn("$warning") }
$done = @($changes | Where-Object { $_.Action -ne 'None' -and -not $_.Error })
$module.Result.changed = $done.Count -gt 0
$module.Result.changes = @($changes | ForEach-Object { ConvertTo-Result $_ })
if ($faults.Count -gt 0) {
    $module.FailJson((@($faults | ForEach-Object { Get-Sentence $_ } | Select-Object -Unique) -join ' '))
}
$module.ExitJson()
