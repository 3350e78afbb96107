package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
)

// measureStart starts the provider like the CLI and requests its schema.
func measureStart(ctx context.Context, b *bench) error {
	b.say("start: %d times", b.size.starts)
	var taken []time.Duration
	for range b.size.starts {
		took, err := startOnce(ctx, b.provider, cli.Environment())
		if err != nil {
			return err
		}
		taken = append(taken, took)
	}
	middle := median(taken, func(d time.Duration) time.Duration { return d })
	binary, err := os.Stat(b.provider)
	if err != nil {
		return err
	}
	e := &estate{bench: b, dir: b.dir}
	if _, err := startOnce(ctx, b.meter, append(cli.Environment(), "BENCH_PROVIDER="+b.provider, "BENCH_USAGE="+e.path("usage"))); err != nil {
		return err
	}
	used, err := e.usages()
	if err != nil {
		return err
	}
	if len(used) != 1 {
		return fmt.Errorf("the provider was started once, but measured %d times", len(used))
	}
	b.add(
		line{what: fmt.Sprintf("Provider start to schema served (median of %d)", len(taken)), figure: seconds(middle),
			goal: atMost(middle.Seconds(), 0.05, "50 ms"), cost: cost{wall: middle, provider: used[0].CPU, peak: used[0].Peak}},
		line{what: "Size of the released binary (-trimpath -ldflags \"-s -w\")", figure: megabytes(binary.Size())},
	)
	return nil
}

// startOnce measures from the start of the process to its answer to GetProviderSchema, over TLS as between a CLI and its providers.
func startOnce(ctx context.Context, program string, env []string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = env
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  6,
			MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": connection{}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Cmd:              cmd,
		SkipHostEnv:      true,
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       io.Discard,
		SyncStderr:       io.Discard,
	})
	defer client.Kill()
	began := time.Now()
	protocol, err := client.Client()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	dispensed, err := protocol.Dispense("provider")
	if err != nil {
		return 0, err
	}
	var schema mem.BufferSlice
	err = dispensed.(*grpc.ClientConn).Invoke(ctx, "/tfplugin6.Provider/GetProviderSchema", mem.BufferSlice{}, &schema,
		grpc.ForceCodecV2(untouched{}), grpc.MaxCallRecvMsgSize(64<<20))
	took := time.Since(began)
	if err == nil && schema.Len() == 0 {
		err = errors.New("the provider answered without a schema")
	}
	return took, err
}

// connection is a plugin that gives only its connection.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this side serves nothing")
}

func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// untouched is a codec that does not decode messages, because their content does not matter here.
type untouched struct{}

var _ encoding.CodecV2 = untouched{}

func (untouched) Name() string { return "proto" }

func (untouched) Marshal(message any) (mem.BufferSlice, error) { return message.(mem.BufferSlice), nil }

func (untouched) Unmarshal(data mem.BufferSlice, message any) error {
	data.Ref()
	*message.(*mem.BufferSlice) = data
	return nil
}
