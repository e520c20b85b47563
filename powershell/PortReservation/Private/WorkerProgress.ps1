# Shows how far a call of a cmdlet is, as Write-Progress does, which is no command of the engine.
class WorkerProgress {
    # The token by which the worker tells of this call.
    [int] $Token
    hidden [System.Management.Automation.PSCmdlet] $Cmdlet
    # How much there is to do, in as many calls as it takes, and how much of it the calls before this one have done.
    hidden [int] $Total
    hidden [int] $Done = 0
    # The same of this call alone, as far as it is known.
    hidden [int] $Part = 0
    # What is being done; empty before the worker has told anything.
    hidden [string] $Title = ''

    WorkerProgress([System.Management.Automation.PSCmdlet] $cmdlet, [int] $total) {
        $this.Cmdlet = $cmdlet
        $this.Total = $total
    }

    # Takes a value of $/progress: begin, report or end.
    [void] Show([object] $value) {
        $kind = [string] $value['kind']
        if ($kind -eq 'end') { return }
        if ($kind -eq 'begin') {
            $this.Title = [string] $value['title']
            $this.Done += $this.Part
            $this.Part = 0
        }

        $record = $this.NewRecord()
        if ($null -ne $value['message']) { $record.StatusDescription = [string] $value['message'] }
        if ($null -ne $value['percentage']) { $record.PercentComplete = [int] $value['percentage'] }
        $count = [regex]::Match($record.StatusDescription, '^([0-9]+) of ([0-9]+)(.*)$')
        if ($count.Success) {
            $this.Part = [int] $count.Groups[2].Value
            $now = $this.Done + [int] $count.Groups[1].Value
            $record.StatusDescription = "$now of $($this.Total)$($count.Groups[3].Value)"
            $record.PercentComplete = [System.Math]::Min(100, [System.Math]::Floor(100 * $now / $this.Total))
        }

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
