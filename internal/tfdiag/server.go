// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// server is everything that the framework's server can do.
type server interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// cleanServer cleans every diagnostic on its way to the CLI: names that customers choose stand in many of them, and the CLI prints them to
// terminals and CI logs as they are.
type cleanServer struct{ server }

// NewServer returns the framework's server with diagnostics that have no control or direction characters, and no commands to a CI runner.
func NewServer(framework tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return cleanServer{framework.(server)}
}

func (s cleanServer) ValidateProviderConfig(
	ctx context.Context, request *tfprotov6.ValidateProviderConfigRequest,
) (*tfprotov6.ValidateProviderConfigResponse, error) {
	response, err := s.server.ValidateProviderConfig(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ConfigureProvider(ctx context.Context, request *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	response, err := s.server.ConfigureProvider(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ValidateResourceConfig(
	ctx context.Context, request *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	response, err := s.server.ValidateResourceConfig(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) UpgradeResourceState(
	ctx context.Context, request *tfprotov6.UpgradeResourceStateRequest,
) (*tfprotov6.UpgradeResourceStateResponse, error) {
	response, err := s.server.UpgradeResourceState(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ReadResource(ctx context.Context, request *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	response, err := s.server.ReadResource(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) PlanResourceChange(
	ctx context.Context, request *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	response, err := s.server.PlanResourceChange(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ApplyResourceChange(
	ctx context.Context, request *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	response, err := s.server.ApplyResourceChange(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ImportResourceState(
	ctx context.Context, request *tfprotov6.ImportResourceStateRequest,
) (*tfprotov6.ImportResourceStateResponse, error) {
	response, err := s.server.ImportResourceState(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) MoveResourceState(ctx context.Context, request *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	response, err := s.server.MoveResourceState(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ValidateDataResourceConfig(
	ctx context.Context, request *tfprotov6.ValidateDataResourceConfigRequest,
) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	response, err := s.server.ValidateDataResourceConfig(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ReadDataSource(ctx context.Context, request *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	response, err := s.server.ReadDataSource(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) CallFunction(ctx context.Context, request *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	response, err := s.server.CallFunction(ctx, request)
	if response != nil && response.Error != nil {
		response.Error.Text = cleanDetail(response.Error.Text)
	}
	return response, err
}

func (s cleanServer) ValidateListResourceConfig(
	ctx context.Context, request *tfprotov6.ValidateListResourceConfigRequest,
) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	response, err := s.server.ValidateListResourceConfig(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) ListResource(ctx context.Context, request *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := s.server.ListResource(ctx, request)
	if err != nil || stream == nil {
		return stream, err
	}
	return &tfprotov6.ListResourceServerStream{Results: func(push func(tfprotov6.ListResourceResult) bool) {
		for result := range stream.Results {
			cleanAll(result.Diagnostics)
			result.DisplayName = Line(result.DisplayName)
			if !push(result) {
				return
			}
		}
	}}, nil
}

func (s cleanServer) ValidateActionConfig(
	ctx context.Context, request *tfprotov6.ValidateActionConfigRequest,
) (*tfprotov6.ValidateActionConfigResponse, error) {
	response, err := s.server.ValidateActionConfig(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) PlanAction(ctx context.Context, request *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	response, err := s.server.PlanAction(ctx, request)
	if response != nil {
		cleanAll(response.Diagnostics)
	}
	return response, err
}

func (s cleanServer) InvokeAction(ctx context.Context, request *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := s.server.InvokeAction(ctx, request)
	if err != nil || stream == nil {
		return stream, err
	}
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		for event := range stream.Events {
			switch kind := event.Type.(type) {
			case tfprotov6.ProgressInvokeActionEventType:
				event.Type = tfprotov6.ProgressInvokeActionEventType{Message: cleanDetail(kind.Message)}
			case tfprotov6.CompletedInvokeActionEventType:
				cleanAll(kind.Diagnostics)
			}
			if !push(event) {
				return
			}
		}
	}}, nil
}
