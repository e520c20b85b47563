// A client of PortReservation on sourcegraph/jsonrpc2: joins who serves, or starts a worker. Copy what is above main.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/sourcegraph/jsonrpc2"
)

type Range struct {
	StartPort     int `json:"startPort"`
	NumberOfPorts int `json:"numberOfPorts"`
}

type Reservation struct {
	Protocol string `json:"protocol"`
	Range    Range  `json:"range"`
	Name     string `json:"name,omitempty"`
}

type Change struct{ Added, Removed []Reservation }

// Client is a conversation. Its DisconnectNotify tells when nobody serves any more; calls under way fail then.
type Client struct{ *jsonrpc2.Conn }

// Open joins the address, or else starts the command. Watch gets every change of the reservations; it may be nil.
func Open(ctx context.Context, command []string, watch func(Change)) (*Client, error) {
	stream, err := join(command)
	if err != nil {
		return nil, err
	}
	handler := jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, request *jsonrpc2.Request) (any, error) {
		var change Change
		if request.Method == "reservation/changed" && watch != nil && json.Unmarshal(*request.Params, &change) == nil {
			watch(change)
		}
		return nil, nil
	})
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{}), handler)
	params := map[string]any{
		"protocolVersion": 1,
		"processId":       os.Getpid(),
		"capabilities":    map[string]any{"reservationChanged": watch != nil},
	}
	if err := conn.Call(ctx, "initialize", params, nil); err != nil {
		conn.Close()
		return nil, err
	}
	return &Client{conn}, nil
}

// Create reserves ports until the client is closed.
func (c *Client) Create(ctx context.Context, wish map[string]any) ([]Reservation, error) {
	var result struct{ Reservations []Reservation }
	err := c.Call(ctx, "reservation/create", wish, &result)
	return result.Reservations, err
}

// NameOf gives the name in the catalogue of what the service refused; empty for other failures.
func NameOf(err error) string {
	var refusal *jsonrpc2.Error
	var data struct{ Name string }
	if errors.As(err, &refusal) && refusal.Data != nil {
		json.Unmarshal(*refusal.Data, &data)
	}
	return data.Name
}

type pipes struct {
	io.Reader
	io.WriteCloser
}

func join(command []string) (io.ReadWriteCloser, error) {
	if address := os.Getenv("PORT_RESERVATION_ADDRESS"); address != "" {
		if connection, err := net.Dial("unix", address); err == nil {
			return connection, nil
		}
	}
	worker := exec.Command(command[0], command[1:]...)
	input, _ := worker.StdinPipe()
	output, err := worker.StdoutPipe()
	if err == nil {
		err = worker.Start()
	}
	return pipes{output, input}, err
}

func main() {
	ctx := context.Background()
	command := strings.Fields(os.Getenv("PORTRESERVATION"))
	if len(command) == 0 {
		command = []string{"portreservation", "serve", "--stdio"}
	}
	told := make(chan Change, 16)
	ports, err := Open(ctx, command, func(change Change) { told <- change })
	check(err)
	defer ports.Close()
	made, err := ports.Create(ctx, map[string]any{"protocol": "tcp", "numberOfPorts": 2, "name": "demo"})
	check(err)
	taken := made[0].Range
	fmt.Println("reserved", taken.StartPort)
	for isTold := false; !isTold; {
		for _, one := range (<-told).Added {
			isTold = isTold || one.Name == "demo"
		}
	}
	fmt.Println("told", taken.StartPort)
	var listed struct{ Reservations []Reservation }
	check(ports.Call(ctx, "reservation/list", map[string]any{"name": "demo"}, &listed))
	fmt.Println("listed", len(listed.Reservations))
	_, err = ports.Create(ctx, map[string]any{"protocol": "tcp", "startPort": taken.StartPort})
	fmt.Println("refused", NameOf(err))
	check(ports.Call(ctx, "reservation/release", map[string]any{"protocol": "tcp", "range": taken}, nil))
	fmt.Println("released")
	if os.Getenv("STAY") != "" {
		<-ports.DisconnectNotify()
		fmt.Println("gone")
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
