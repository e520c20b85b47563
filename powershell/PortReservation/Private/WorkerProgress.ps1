# Shows how far a call of a cmdlet is, as Write-Progress does, which is no command of the engine.
class WorkerProgress {
    # The token by which the worker tells of this call.
    [int] $Token
    hidden [System.Management.Automation.PSCmdlet] $Cmdlet
    # What is being done; empty before the worker has told anything.
    hidden [string] $Title = ''

    WorkerProgress([System.Management.Automation.PSCmdlet] $cmdlet) {
        $this.Cmdlet = $cmdlet
    }

    # Takes a value of $/progress: begin, report or end.
    [void] Show([object] $value) {
        $kind = [string] $value['kind']
        if ($kind -eq 'end') { return }
        if ($kind -eq 'begin') { $this.Title = [string] $value['title'] }
        $record = $this.NewRecord()
        if ($null -ne $value['message']) { $record.StatusDescription = [string] $value['message'] }
        if ($null -ne $value['percentage']) { $record.PercentComplete = [int] $value['percentage'] }
        $this.Cmdlet.WriteProgress($record)
    }

    # Takes the bar away. In a finally block that works while the pipeline is being stopped, too.
    [void] Complete() {
        if ($this.Title -eq '') { return }
        $record = $this.NewRecord()
        $record.RecordType = [System.Management.Automation.ProgressRecordType]::Completed
        $this.Cmdlet.WriteProgress($record)
    }

    hidden [System.Management.Automation.ProgressRecord] NewRecord() {
        return [System.Management.Automation.ProgressRecord]::new(0, $this.Title, ' ')
    }
}
