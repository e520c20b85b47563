package ports

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// Of portserver where there is an address, else of the system's choice.
func port(t *testing.T) string {
	address := os.Getenv("PORTSERVER_ADDRESS")
	if address == "" {
		return "0"
	}
	connection, err := net.Dial("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintln(connection, os.Getpid())
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestServer(t *testing.T) {
	for number := 0; number < 32; number++ {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:"+port(t))
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			client, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			client.Close()
			time.Sleep(50 * time.Millisecond)
		})
	}
}
