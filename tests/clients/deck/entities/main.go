// Command entities takes entities of one kind through their life with go-kong:
//
//	entities ADDRESS KIND [PARENT]
//
// It reads {"entities": [...], "change": {...}, "tags": [...]} and prints what it was told at every step.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/kong/go-kong/kong"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: entities ADDRESS KIND [PARENT]"))
	}
	client, err := kong.NewClient(kong.String(os.Args[1]), nil)
	if err != nil {
		fail(err)
	}
	var wanted order
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		fail(err)
	}
	parent := ""
	if len(os.Args) > 3 {
		parent = os.Args[3]
	}
	life, known := lives(client, &parent)[os.Args[2]]
	if !known {
		fail(fmt.Errorf("no such kind: %s", os.Args[2]))
	}
	told, err := life(context.Background(), wanted)
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
