# An error record with the stable id, what to do about it, and what it happened to.
function New-ErrorRecord {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'It makes an object and changes nothing.')]
    param(
        [string] $Id,
        [string] $Message,
        [System.Management.Automation.ErrorCategory] $Category,
        [string] $RecommendedAction,
        [object] $Target
    )

    $exception = [System.InvalidOperationException]::new($Message)
    $record = [System.Management.Automation.ErrorRecord]::new($exception, $Id, $Category, $Target)
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($Message)
    $record.ErrorDetails.RecommendedAction = $RecommendedAction
    $record
}
