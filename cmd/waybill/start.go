package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
)

// startQuietly starts a whole system on free ports for the time of a command, on the embedded database unless a URL names
// another. stop ends it and waits.
func startQuietly(env *environment, dataDir, databaseURL string, warehouse warehouseOption) (running *mesh.Mesh, stop func() error, err error) {
	return start(env, onFreePorts(databaseURL).config(dataDir, warehouse))
}

// startWith is startQuietly on the embedded database with settings of its own.
func startWith(env *environment, dataDir string, settings map[string]string) (running *mesh.Mesh, stop func() error, err error) {
	config := onFreePorts("").config(dataDir, warehouseOption{})
	config.Postgres = settings
	return start(env, config)
}

func onFreePorts(databaseURL string) ports {
	const free = "127.0.0.1:0"
	return ports{DatabaseURL: databaseURL, Listen: free, RESTListen: free, OperationsListen: free, HealthListen: free}
}

func start(env *environment, config mesh.WholeConfig) (running *mesh.Mesh, stop func() error, err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(env.ctx))
	running, err = mesh.StartWhole(ctx, config, env.log)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return running, func() error {
		cancel()
		return running.Wait()
	}, nil
}

// baseName is a file's name without folder and endings.
func baseName(file string) string {
	base := filepath.Base(file)
	base = strings.TrimSuffix(base, ".gz")
	return strings.TrimSuffix(base, filepath.Ext(base))
}
