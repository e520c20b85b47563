# JSON on Windows PowerShell 5.1. The other edition has Json.Core.ps1; the module loads one of them.
# What is read answers to $value['key'] ($null where there is none), and arrays to foreach, in both editions.
class WorkerJson {
    static [string] Write([hashtable] $value) {
        return ConvertTo-Json -InputObject $value -Depth 10 -Compress
    }

    static [object] Read([string] $text) {
        return [WorkerJson]::Plain((ConvertFrom-Json -InputObject $text))
    }

    hidden static [object] Plain([object] $value) {
        if ($value -is [array]) {
            $items = [System.Collections.Generic.List[object]]::new()
            foreach ($item in $value) { $items.Add([WorkerJson]::Plain($item)) }
            return $items
        }

        if ($value -isnot [System.Management.Automation.PSCustomObject]) { return $value }
        $table = @{}
        foreach ($property in $value.PSObject.Properties) { $table[$property.Name] = [WorkerJson]::Plain($property.Value) }
        return $table
    }
}
