// A client of PortReservation on sourcegraph/jsonrpc2: joins who serves, or starts a worker. Copy what is above main.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
)

type Reservation struct {
	Protocol, Name, Token string
	Range                 struct{ StartPort, NumberOfPorts int }
}
type Reservations struct{ Reservations []Reservation }
type Change struct{ Added, Removed []Reservation }
type Params map[string]any // by name

type pipes struct {
	io.Reader
	io.WriteCloser
}

// Open joins the address, or else starts a worker. The DisconnectNotify of what it gives tells when nobody serves any more:
// calls under way fail then, and what was reserved is free. Watch is told of every change; while it waits, so does every answer.
func Open(ctx context.Context, watch func(Change)) (*jsonrpc2.Conn, error) {
	var stream io.ReadWriteCloser
	stream, err := net.Dial("unix", os.Getenv("PORT_RESERVATION_ADDRESS"))
	if err != nil {
		worker := exec.Command("portreservation", "serve", "--stdio")
		worker.Stderr = os.Stderr
		input, _ := worker.StdinPipe()
		output, _ := worker.StdoutPipe()
		if err := worker.Start(); err != nil {
			return nil, err
		}
		stream = pipes{output, input}
	}
	handler := jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, told *jsonrpc2.Request) (any, error) {
		var change Change
		if told.Method == "reservation/changed" && told.Params != nil && json.Unmarshal(*told.Params, &change) == nil {
			watch(change)
		}
		return nil, nil
	})
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{}), handler)
	params := Params{"protocolVersion": 1, "processId": os.Getpid(), "capabilities": Params{"reservationChanged": true}}
	return conn, conn.Call(ctx, "initialize", params, nil)
}

// NameOf gives the name in the catalogue of what the service refused; empty for other failures.
func NameOf(err error) string {
	var data struct{ Name string }
	if refusal, is := err.(*jsonrpc2.Error); is && refusal.Data != nil {
		json.Unmarshal(*refusal.Data, &data)
	}
	return data.Name
}

func main() {
	ctx, told, once := context.Background(), make(chan bool), sync.Once{}
	ports, err := Open(ctx, func(change Change) {
		if len(change.Added) > 0 && change.Added[0].Name == "démo" {
			once.Do(func() { close(told) })
		}
	})
	check(err)
	defer ports.Close()
	var made, listed Reservations
	check(ports.Call(ctx, "reservation/create", Params{"protocol": "tcp", "numberOfPorts": 2, "name": "démo"}, &made))
	first := made.Reservations[0].Range.StartPort
	fmt.Println("reserved", first)
	select {
	case <-told:
	case <-ports.DisconnectNotify():
	}
	fmt.Println("told", first)
	check(ports.Call(ctx, "reservation/list", Params{"name": "démo"}, &listed))
	fmt.Println("listed", listed.Reservations[0].Range.StartPort)
	fmt.Println("refused", NameOf(ports.Call(ctx, "reservation/create", Params{"protocol": "tcp", "startPort": first}, nil)))
	check(ports.Call(ctx, "reservation/release", Params{"token": made.Reservations[0].Token}, nil))
	fmt.Println("released")
	if os.Getenv("STAY") != "" {
		<-ports.DisconnectNotify()
		fmt.Println("gone")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
