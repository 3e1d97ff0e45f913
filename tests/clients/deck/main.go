// Command deck drives the Admin API with the engine of decK, as its commands of the same names do:
//
//	deck ADDRESS dump FILE    write the configuration of the gateway
//	deck ADDRESS sync FILE    make the gateway's configuration that of the file
//	deck ADDRESS diff FILE    only count what a sync would do
//	deck ADDRESS reset        delete everything
//
// It prints {"created": N, "updated": N, "deleted": N}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/kong/go-database-reconciler/pkg/diff"
	"github.com/kong/go-database-reconciler/pkg/dump"
	"github.com/kong/go-database-reconciler/pkg/file"
	"github.com/kong/go-database-reconciler/pkg/state"
	"github.com/kong/go-database-reconciler/pkg/utils"
	"github.com/kong/go-kong/kong"
)

const parallelism = 10

type gateway struct {
	client  *kong.Client
	version string
}

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: deck ADDRESS dump|sync|diff|reset [FILE]"))
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(ctx context.Context, address, command string, files []string) error {
	gateway, err := connect(ctx, address)
	if err != nil {
		return err
	}
	switch command {
	case "dump":
		return gateway.dump(ctx, files[0])
	case "sync", "diff":
		return gateway.apply(ctx, files, command == "diff")
	case "reset":
		return gateway.reset(ctx)
	}
	return fmt.Errorf("no such command: %s", command)
}

func connect(ctx context.Context, address string) (*gateway, error) {
	client, err := utils.GetKongClient(utils.KongClientConfig{Address: address, Timeout: 30})
	if err != nil {
		return nil, err
	}
	info, err := client.Root(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the gateway's version: %w", err)
	}
	return &gateway{client: client, version: kong.VersionFromInfo(info)}, nil
}

func (g *gateway) current(ctx context.Context) (*state.KongState, error) {
	raw, err := dump.Get(ctx, g.client, dump.Config{})
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return state.Get(raw)
}

func (g *gateway) dump(ctx context.Context, name string) error {
	current, err := g.current(ctx)
	if err != nil {
		return err
	}
	return file.KongStateToFile(current, file.WriteConfig{
		Filename: name, FileFormat: file.YAML, KongVersion: g.version,
	})
}

func (g *gateway) apply(ctx context.Context, files []string, dry bool) error {
	current, err := g.current(ctx)
	if err != nil {
		return err
	}
	content, err := file.GetContentFromFiles(files, false)
	if err != nil {
		return err
	}
	version, err := utils.ParseKongVersion(g.version)
	if err != nil {
		return err
	}
	config := file.RenderConfig{CurrentState: current, KongVersion: version}
	raw, err := file.Get(ctx, content, config, dump.Config{}, g.client)
	if err != nil {
		return err
	}
	target, err := state.Get(raw)
	if err != nil {
		return err
	}
	return g.solve(ctx, current, target, dry)
}

func (g *gateway) reset(ctx context.Context) error {
	current, err := g.current(ctx)
	if err != nil {
		return err
	}
	target, err := state.NewKongState()
	if err != nil {
		return err
	}
	return g.solve(ctx, current, target, false)
}

func (g *gateway) solve(ctx context.Context, current, target *state.KongState, dry bool) error {
	syncer, err := diff.NewSyncer(diff.SyncerOpts{
		CurrentState: current, TargetState: target, KongClient: g.client,
		CreatePrintln: complain, UpdatePrintln: complain, DeletePrintln: complain,
	})
	if err != nil {
		return err
	}
	stats, errs, _ := syncer.Solve(ctx, parallelism, dry, false)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]int32{
		"created": stats.CreateOps.Count(), "updated": stats.UpdateOps.Count(), "deleted": stats.DeleteOps.Count(),
	})
}

// complain keeps the account of changes off standard output, for whoever has to find out why there are any.
func complain(words ...any) {
	fmt.Fprintln(os.Stderr, words...)
}
