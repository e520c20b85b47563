# Shows how far a call of a cmdlet is, as Write-Progress does, which is no command of the engine.
class WorkerProgress {
    # Tells the cmdlet's bars from those of others.
    hidden static [long] $Source = 0x506f727473
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
        $this.Write($record)
    }

    # Takes the bar away, also where the pipeline is being stopped.
    [void] Complete() {
        if ($this.Title -eq '') { return }
        $record = $this.NewRecord()
        $record.RecordType = [System.Management.Automation.ProgressRecordType]::Completed
        if ($this.Cmdlet.Stopping) {
            # A cmdlet that is being stopped writes nothing any more; its host does.
            $this.Cmdlet.Host.UI.WriteProgress([WorkerProgress]::Source, $record)
            return
        }

        $this.Write($record)
    }

    hidden [System.Management.Automation.ProgressRecord] NewRecord() {
        return [System.Management.Automation.ProgressRecord]::new(0, $this.Title, ' ')
    }

    hidden [void] Write([System.Management.Automation.ProgressRecord] $record) {
        $this.Cmdlet.CommandRuntime.WriteProgress([WorkerProgress]::Source, $record)
    }
}
