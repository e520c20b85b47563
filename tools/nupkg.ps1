# Makes the package that a gallery takes from a module folder: an OPC archive whose nuspec says what the manifest says.
param(
    [Parameter(Mandatory)] [string] $ModuleFolder,
    [Parameter(Mandatory)] [string] $OutputFolder
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function Escape ([string] $Text) { [System.Security.SecurityElement]::Escape($Text) }

$name = [System.IO.Path]::GetFileName($ModuleFolder)
$module = Test-ModuleManifest ([System.IO.Path]::Combine($ModuleFolder, "$name.psd1"))
$functions = @($module.ExportedFunctions.Keys)
# The words by which galleries find modules and commands.
$tags = @(
    $module.Tags
    'PSModule'
    'PSIncludes_Function'
    foreach ($function in $functions) { "PSFunction_$function"; "PSCommand_$function" }
) -join ' '

$addresses = foreach ($key in 'LicenseUri', 'ProjectUri', 'IconUri') {
    $element = $key.Substring(0, 1).ToLowerInvariant() + $key.Substring(1).Replace('Uri', 'Url')
    if ($module.$key) { "`n    <$element>$(Escape $module.$key)</$element>" }
}
# A licence by address takes the place of the file.
$license = if (-not $module.LicenseUri) { "`n    <license type=""file"">LICENSE</license>" }

$nuspec = @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>$(Escape $name)</id>
    <version>$($module.Version)</version>
    <authors>$(Escape $module.Author)</authors>
    <owners>$(Escape $module.CompanyName)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <description>$(Escape $module.Description)</description>
    <copyright>$(Escape $module.Copyright)</copyright>$license$(-join $addresses)
    <releaseNotes>$(Escape $module.ReleaseNotes)</releaseNotes>
    <tags>$(Escape $tags)</tags>
  </metadata>
</package>
"@

$coreProperties = @"
<?xml version="1.0" encoding="utf-8"?>
<coreProperties xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:creator>$(Escape $module.Author)</dc:creator>
  <dc:description>$(Escape $module.Description)</dc:description>
  <dc:identifier>$(Escape $name)</dc:identifier>
  <version>$($module.Version)</version>
  <keywords>$(Escape $tags)</keywords>
</coreProperties>
"@

$corePropertiesPath = "package/services/metadata/core-properties/$($module.Guid.ToString('N')).psmdcp"
$relationships = @"
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Id="R1" Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/$name.nuspec" />
  <Relationship Id="R2" Target="/$corePropertiesPath"
    Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" />
</Relationships>
"@

$separator = [System.IO.Path]::DirectorySeparatorChar
$files = [System.IO.Directory]::GetFiles($ModuleFolder, '*', 'AllDirectories')
[System.Array]::Sort($files, [System.StringComparer]::Ordinal)
$partOf = [ordered] @{}
foreach ($file in $files) { $partOf[$file.Substring($ModuleFolder.Length + 1).Replace($separator, [char] '/')] = $file }

# A part has the type of its extension, or one of its own where it has none.
$known = @{
    rels   = 'application/vnd.openxmlformats-package.relationships+xml'
    psmdcp = 'application/vnd.openxmlformats-package.core-properties+xml'
}
$extensions = [System.Collections.Generic.SortedSet[string]] @('rels', 'psmdcp', 'nuspec')
$overrides = foreach ($part in $partOf.Keys) {
    $extension = [System.IO.Path]::GetExtension($part).TrimStart('.')
    if ($extension) { $null = $extensions.Add($extension) }
    else { "`n  <Override PartName=""/$(Escape $part)"" ContentType=""application/octet-stream"" />" }
}
$defaults = foreach ($extension in $extensions) {
    $type = if ($known[$extension]) { $known[$extension] } else { 'application/octet-stream' }
    "`n  <Default Extension=""$extension"" ContentType=""$type"" />"
}
$contentTypes = @"
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">$(-join $defaults)$(-join $overrides)
</Types>
"@

$texts = [ordered] @{
    '[Content_Types].xml' = $contentTypes
    '_rels/.rels'         = $relationships
    "$name.nuspec"        = $nuspec
    $corePropertiesPath   = $coreProperties
}
$output = [System.IO.Path]::Combine($OutputFolder, "$name.$($module.Version).nupkg")
$stream = [System.IO.File]::Create($output)
$archive = [System.IO.Compression.ZipArchive]::new($stream, [System.IO.Compression.ZipArchiveMode]::Create)
try {
    foreach ($part in @($texts.Keys) + @($partOf.Keys)) {
        $entry = $archive.CreateEntry($part, [System.IO.Compression.CompressionLevel]::Optimal)
        # The same files give the same package.
        $entry.LastWriteTime = [System.DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [System.TimeSpan]::Zero)
        $content = $entry.Open()
        $source = if ($partOf[$part]) { [System.IO.File]::OpenRead($partOf[$part]) }
        else { [System.IO.MemoryStream]::new([System.Text.UTF8Encoding]::new($false).GetBytes($texts[$part])) }
        try { $source.CopyTo($content) } finally { $source.Dispose(); $content.Dispose() }
    }
}
finally {
    $archive.Dispose()
    $stream.Dispose()
}
