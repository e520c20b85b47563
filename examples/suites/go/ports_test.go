package ports_test

import (
	"fmt"
	"net"
	"os"
	"testing"

	ports "example.com/ports"
)

func TestServerHasItsPort(t *testing.T) {
	for number := 0; number < 24; number++ {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			port := ports.Port(t)
			listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			note(t, port)
		})
	}
}

func TestBlock(t *testing.T) {
	first := ports.Block(t, 2)
	for _, port := range []int{first, first + 1} {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
	}
}

// For who runs two suites at once: which ports were given.
func note(t *testing.T, port int) {
	if log := os.Getenv("PORTS_LOG"); log != "" {
		file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		fmt.Fprintln(file, port)
	}
}
