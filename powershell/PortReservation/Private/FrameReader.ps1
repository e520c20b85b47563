# Cuts a stream of bytes into the bodies of frames: Content-Length: <bytes> CR LF CR LF <body>.
# A broken frame throws a FormatException; nothing can be read after it.
class FrameReader {
    static [int] $LongestHeader = 8KB
    # Long lists make long answers; it limits a worker that has gone wrong.
    static [int] $LongestBody = 256MB

    hidden static [regex] $Header = [regex]::new(
        '\A(?:Content-Type:[^\r\n]*\r\n)?Content-Length:[ \t]*([0-9]+)[ \t]*\r\n(?:Content-Type:[^\r\n]*\r\n)?\r\n',
        'IgnoreCase')
    # Throws on bytes that are no UTF-8.
    hidden static [System.Text.Encoding] $Utf8 = [System.Text.UTF8Encoding]::new($false, $true)

    hidden [byte[]] $Bytes = [byte[]]::new(16KB)
    # The bytes from Start to End are received and not yet given out.
    hidden [int] $Start = 0
    hidden [int] $End = 0
    # Of the body whose header has been read; -1 before that.
    hidden [int] $BodyLength = -1

    # Begins to receive more. Take its result when it has ended, and begin no other before.
    [System.Threading.Tasks.Task[int]] Receive([System.IO.Stream] $stream) {
        if ($this.End -eq $this.Bytes.Length) { $this.MakeRoom() }
        return $stream.ReadAsync($this.Bytes, $this.End, $this.Bytes.Length - $this.End)
    }

    [void] Take([int] $count) {
        $this.End += $count
    }

    # The next body as text, or $null while it is incomplete.
    [object] Next() {
        if ($this.BodyLength -lt 0 -and ($this.Start -eq $this.End -or -not $this.ReadHeader())) { return $null }
        if ($this.End - $this.Start -lt $this.BodyLength) { return $null }
        $body = [FrameReader]::Utf8.GetString($this.Bytes, $this.Start, $this.BodyLength)
        $this.Start += $this.BodyLength
        $this.BodyLength = -1
        if ($this.Start -eq $this.End) {
            $this.Start = 0
            $this.End = 0
        }

        return $body
    }

    hidden [bool] ReadHeader() {
        $count = [Math]::Min([FrameReader]::LongestHeader, $this.End - $this.Start)
        $text = [System.Text.Encoding]::ASCII.GetString($this.Bytes, $this.Start, $count)
        $match = [FrameReader]::Header.Match($text)
        if (-not $match.Success) {
            [FrameReader]::RefuseBroken($text)
            return $false
        }

        $announced = [double] $match.Groups[1].Value
        if ($announced -gt [FrameReader]::LongestBody) {
            $limit = [FrameReader]::LongestBody
            throw [System.FormatException]::new("a frame of $announced bytes is announced; at most $limit are accepted")
        }

        $this.BodyLength = [int] $announced
        $this.Start += $match.Length
        return $true
    }

    # Finds out at the first byte who prints something else than frames.
    hidden static [void] RefuseBroken([string] $text) {
        $begin = $text.Substring(0, [Math]::Min(8, $text.Length))
        $isHeader = 'Content-'.StartsWith($begin, [System.StringComparison]::OrdinalIgnoreCase)
        if (-not $isHeader -or $text -match '(?<!\r)\n|\r\n\r\n') {
            $shown = [regex]::Replace($text.Substring(0, [Math]::Min(60, $text.Length)), '[^ -~]+', ' ').Trim()
            throw [System.FormatException]::new("a frame begins with Content-Length, not with '$shown'")
        }

        if ($text.Length -eq [FrameReader]::LongestHeader) {
            throw [System.FormatException]::new("a frame's header is longer than $([FrameReader]::LongestHeader) bytes")
        }
    }

    # Grows with what has arrived, never by what a header announces.
    hidden [void] MakeRoom() {
        $used = $this.End - $this.Start
        $old = $this.Bytes
        $this.Bytes = [byte[]]::new([Math]::Max($old.Length, 2 * $used))
        [System.Buffer]::BlockCopy($old, $this.Start, $this.Bytes, 0, $used)
        $this.Start = 0
        $this.End = $used
    }
}
