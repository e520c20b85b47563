// Stands where PowerShell's own pwsh.dll is put.
return 1;
