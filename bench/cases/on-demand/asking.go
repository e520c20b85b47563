// Processes that each ask portserver, or who speaks as it does, for ports, all at once; prints the milliseconds until all have theirs.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(address string) int {
	connection, err := net.Dial("unix", address)
	check(err)
	defer connection.Close()
	fmt.Fprintln(connection, os.Getpid())
	line, err := bufio.NewReader(connection).ReadString('\n')
	check(err)
	port, err := strconv.Atoi(strings.TrimSpace(line))
	check(err)
	return port
}

// One process: it is told when to begin, says what it was given, and keeps that until its input ends.
func child(address string, ports int) {
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	input.ReadString('\n')
	given := make([]string, ports)
	for index := range given {
		given[index] = strconv.Itoa(ask(address))
	}
	fmt.Println(strings.Join(given, " "))
	input.ReadString('\n')
}

func main() {
	address := os.Args[1]
	processes, _ := strconv.Atoi(os.Args[2])
	ports, _ := strconv.Atoi(os.Args[3])
	if processes == 0 {
		child(address, ports)
		return
	}
	inputs := make([]interface {
		Write([]byte) (int, error)
		Close() error
	}, processes)
	lines := make([]*bufio.Reader, processes)
	commands := make([]*exec.Cmd, processes)
	for index := range commands {
		command := exec.Command(os.Args[0], address, "0", os.Args[3])
		input, err := command.StdinPipe()
		check(err)
		output, err := command.StdoutPipe()
		check(err)
		check(command.Start())
		commands[index], inputs[index], lines[index] = command, input, bufio.NewReader(output)
		_, err = lines[index].ReadString('\n')
		check(err)
	}
	begun := time.Now()
	for _, input := range inputs {
		input.Write([]byte("go\n"))
	}
	given := map[string]bool{}
	for _, reader := range lines {
		line, err := reader.ReadString('\n')
		check(err)
		for _, port := range strings.Fields(line) {
			given[port] = port != "0"
		}
	}
	took := time.Since(begun)
	for index, input := range inputs {
		input.Close()
		commands[index].Wait()
	}
	if len(given) != processes*ports {
		fmt.Fprintln(os.Stderr, len(given), "different ports")
		os.Exit(1)
	}
	fmt.Println(float64(took.Microseconds()) / 1000)
}
