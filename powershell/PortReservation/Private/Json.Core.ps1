# JSON on PowerShell 7. The other edition has Json.Desktop.ps1; the module loads one of them.
# What is read answers to $value['key'] ($null where there is none), and arrays to foreach, in both editions.
class WorkerJson {
    static [string] Write([hashtable] $value) {
        return [System.Text.Json.JsonSerializer]::Serialize($value, [hashtable])
    }

    static [object] Read([string] $text) {
        return [System.Text.Json.Nodes.JsonNode]::Parse($text)
    }
}
