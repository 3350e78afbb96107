// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Protocol asks a provider in the way in which the CLI does, for what the CLI on the PATH may be too old for: identities, list resources
// and actions. Values are maps, slices, strings, bools and float64, as in JSON; what is left out is null.
type Protocol struct {
	t          testing.TB
	server     protocolServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]tftypes.Type
}

type protocolServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Object is a resource as the provider sees it.
type Object struct {
	State    map[string]any // nil when the object is gone
	Identity map[string]any
	Private  []byte
	// Diagnostics are "error: summary: detail" and "warning: summary: detail".
	Diagnostics []string
}

// Listed is one result of a list resource.
type Listed struct {
	Object
	Name string
}

// NewProtocol starts a provider with every setting that the sandbox needs, or with these changes, as in [BlockWith].
func NewProtocol(t testing.TB, s *sandbox.Server, changes map[string]string) *Protocol {
	t.Helper()
	server, ok := provider.NewServer("test")().(protocolServer)
	if !ok {
		t.Fatal("the provider's server has no list resources and actions")
	}
	p := &Protocol{t: t, server: server, identities: map[string]tftypes.Type{}}
	var err error
	p.schemas, err = server.GetProviderSchema(p.context(), &tfprotov6.GetProviderSchemaRequest{})
	p.must(err)
	identities, err := server.GetResourceIdentitySchemas(p.context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	p.must(err)
	for name, schema := range identities.IdentitySchemas {
		p.identities[name] = schema.ValueType()
	}
	answer, err := server.ConfigureProvider(p.context(), &tfprotov6.ConfigureProviderRequest{Config: value(t, settings(s, changes))})
	p.must(err)
	if problems := problemsOf(answer.Diagnostics); len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func settings(s *sandbox.Server, changes map[string]string) map[string]any {
	values := expressions(s)
	maps.Copy(values, changes)
	block := map[string]any{}
	for attribute, expression := range values {
		in, name := block, attribute
		if outer, inner, nested := strings.Cut(attribute, "."); nested {
			if block[outer] == nil {
				block[outer] = map[string]any{}
			}
			in, name = block[outer].(map[string]any), inner //nolint:forcetypeassert // made in the line above
		}
		if expression != "" {
			in[name] = json.RawMessage(expression)
		}
	}
	return block
}

func (p *Protocol) context() context.Context { return p.t.Context() }

func (p *Protocol) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// Import imports by an id, or by an identity when there is one, and refreshes what is imported.
func (p *Protocol) Import(resource, id string, identity map[string]any) Object {
	p.t.Helper()
	answer, err := p.server.ImportResourceState(p.context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: resource, ID: id, Identity: p.identity(identity),
	})
	p.must(err)
	problems := problemsOf(answer.Diagnostics)
	if len(answer.ImportedResources) == 0 {
		return Object{Diagnostics: problems}
	}
	imported := answer.ImportedResources[0]
	if identity != nil && imported.Identity == nil {
		p.t.Errorf("the import of %s by identity has no identity", resource)
	}
	object := p.read(resource, &tfprotov6.ReadResourceRequest{
		TypeName: resource, CurrentState: imported.State, Private: imported.Private, CurrentIdentity: imported.Identity,
	})
	object.Diagnostics = append(problems, object.Diagnostics...)
	return object
}

// Refresh refreshes an object. Without an identity it is one whose state was written before there were identities.
func (p *Protocol) Refresh(resource string, object Object) Object {
	p.t.Helper()
	return p.read(resource, &tfprotov6.ReadResourceRequest{
		TypeName: resource, CurrentState: value(p.t, object.State), Private: object.Private, CurrentIdentity: p.identity(object.Identity),
	})
}

func (p *Protocol) read(resource string, request *tfprotov6.ReadResourceRequest) Object {
	p.t.Helper()
	answer, err := p.server.ReadResource(p.context(), request)
	p.must(err)
	return p.object(resource, answer.NewState, answer.NewIdentity, answer.Private, answer.Diagnostics)
}

// Apply plans and applies a configuration: a new object when before has no state.
func (p *Protocol) Apply(resource string, before Object, configuration map[string]any) Object {
	p.t.Helper()
	planned := p.plan(resource, before, configuration)
	if hasError(planned.Diagnostics) {
		return Object{Diagnostics: problemsOf(planned.Diagnostics)}
	}
	answer, err := p.server.ApplyResourceChange(p.context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: resource, PriorState: p.state(resource, before), PlannedState: planned.PlannedState, Config: p.config(resource, configuration),
		PlannedPrivate: planned.PlannedPrivate, PlannedIdentity: planned.PlannedIdentity,
	})
	p.must(err)
	return p.object(resource, answer.NewState, answer.NewIdentity, answer.Private, answer.Diagnostics)
}

// Plan returns the planned state, with nil for unknown values, and the diagnostics.
func (p *Protocol) Plan(resource string, before Object, configuration map[string]any) Object {
	p.t.Helper()
	planned := p.plan(resource, before, configuration)
	return p.object(resource, planned.PlannedState, planned.PlannedIdentity, planned.PlannedPrivate, planned.Diagnostics)
}

func (p *Protocol) plan(resource string, before Object, configuration map[string]any) *tfprotov6.PlanResourceChangeResponse {
	p.t.Helper()
	config := p.config(resource, configuration)
	checked, err := p.server.ValidateResourceConfig(p.context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: resource, Config: config})
	p.must(err)
	if hasError(checked.Diagnostics) {
		return &tfprotov6.PlanResourceChangeResponse{Diagnostics: checked.Diagnostics}
	}
	answer, err := p.server.PlanResourceChange(p.context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resource, PriorState: p.state(resource, before), Config: config, ProposedNewState: p.proposed(resource, before, configuration),
		PriorPrivate: before.Private, PriorIdentity: p.identity(before.Identity),
	})
	p.must(err)
	return answer
}

// proposed is the configuration, with the state's value of each computed attribute that the configuration leaves out.
func (p *Protocol) proposed(resource string, before Object, configuration map[string]any) *tfprotov6.DynamicValue {
	proposed := map[string]any{}
	for _, attribute := range p.schemas.ResourceSchemas[resource].Block.Attributes {
		proposed[attribute.Name] = configuration[attribute.Name]
		if proposed[attribute.Name] == nil && attribute.Computed {
			proposed[attribute.Name] = before.State[attribute.Name]
		}
	}
	return p.config(resource, proposed)
}

// GenerateConfig returns the configuration that `terraform query -generate-config-out` writes.
func (p *Protocol) GenerateConfig(resource string, object Object) map[string]any {
	p.t.Helper()
	answer, err := p.server.GenerateResourceConfig(p.context(), &tfprotov6.GenerateResourceConfigRequest{
		TypeName: resource, State: p.state(resource, object),
	})
	p.must(err)
	if problems := problemsOf(answer.Diagnostics); len(problems) > 0 {
		p.t.Error(problems)
	}
	return p.object(resource, answer.Config, nil, nil, nil).State
}

// List asks a list resource. Without a limit, it asks for as many as the CLI does by default.
func (p *Protocol) List(resource string, configuration map[string]any, limit int64, include bool) []Listed {
	p.t.Helper()
	if limit == 0 {
		limit = 100
	}
	config := value(p.t, configuration)
	checked, err := p.server.ValidateListResourceConfig(p.context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: resource, Config: config})
	p.must(err)
	if problems := problemsOf(checked.Diagnostics); len(problems) > 0 {
		return []Listed{{Object: Object{Diagnostics: problems}}}
	}
	stream, err := p.server.ListResource(p.context(), &tfprotov6.ListResourceRequest{
		TypeName: resource, Config: config, Limit: limit, IncludeResource: include,
	})
	p.must(err)
	var listed []Listed
	for result := range stream.Results {
		listed = append(listed, Listed{p.object(resource, result.Resource, result.Identity, nil, result.Diagnostics), result.DisplayName})
	}
	return listed
}

// Invoke plans and invokes an action, and returns what it says meanwhile and in the end.
func (p *Protocol) Invoke(action string, configuration map[string]any) (progress, problems []string) {
	p.t.Helper()
	config := value(p.t, configuration)
	checked, err := p.server.ValidateActionConfig(p.context(), &tfprotov6.ValidateActionConfigRequest{ActionType: action, Config: config})
	p.must(err)
	if problems := problemsOf(checked.Diagnostics); len(problems) > 0 {
		return nil, problems
	}
	planned, err := p.server.PlanAction(p.context(), &tfprotov6.PlanActionRequest{ActionType: action, Config: config})
	p.must(err)
	problems = problemsOf(planned.Diagnostics)
	if hasError(planned.Diagnostics) {
		return nil, problems
	}
	stream, err := p.server.InvokeAction(p.context(), &tfprotov6.InvokeActionRequest{ActionType: action, Config: config})
	p.must(err)
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			problems = append(problems, problemsOf(event.Diagnostics)...)
		}
	}
	return progress, problems
}

func (p *Protocol) object(
	resource string, state *tfprotov6.DynamicValue, identity *tfprotov6.ResourceIdentityData, private []byte, diagnostics []*tfprotov6.Diagnostic,
) Object {
	p.t.Helper()
	object := Object{Private: private, Diagnostics: problemsOf(diagnostics)}
	if state != nil {
		read, err := state.Unmarshal(p.schemas.ResourceSchemas[resource].ValueType())
		p.must(err)
		object.State, _ = plain(p.t, read).(map[string]any)
	}
	if identity != nil && identity.IdentityData != nil {
		read, err := identity.IdentityData.Unmarshal(p.identities[resource])
		p.must(err)
		object.Identity, _ = plain(p.t, read).(map[string]any)
	}
	return object
}

func (p *Protocol) identity(identity map[string]any) *tfprotov6.ResourceIdentityData {
	if identity == nil {
		return nil
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: value(p.t, identity)}
}

func (p *Protocol) state(resource string, object Object) *tfprotov6.DynamicValue {
	p.t.Helper()
	if object.State == nil {
		of := p.schemas.ResourceSchemas[resource].ValueType()
		null, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, nil))
		p.must(err)
		return &null
	}
	return p.config(resource, object.State)
}

// config returns a value of a resource.
func (p *Protocol) config(resource string, values map[string]any) *tfprotov6.DynamicValue {
	p.t.Helper()
	of := p.schemas.ResourceSchemas[resource].ValueType()
	read, err := value(p.t, values).Unmarshal(of)
	p.must(err)
	encoded, err := tfprotov6.NewDynamicValue(of, read)
	p.must(err)
	return &encoded
}

func value(t testing.TB, values map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	if values == nil {
		values = map[string]any{}
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.DynamicValue{JSON: encoded}
}

// plain returns a value as JSON has it. An unknown value is nil.
func plain(t testing.TB, of tftypes.Value) any {
	t.Helper()
	if of.IsNull() || !of.IsKnown() {
		return nil
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	switch kind := of.Type(); {
	case kind.Is(tftypes.String):
		var text string
		must(of.As(&text))
		return text
	case kind.Is(tftypes.Number):
		var number big.Float
		must(of.As(&number))
		n, _ := number.Float64()
		return n
	case kind.Is(tftypes.Bool):
		var yes bool
		must(of.As(&yes))
		return yes
	case kind.Is(tftypes.Map{}), kind.Is(tftypes.Object{}):
		fields := map[string]tftypes.Value{}
		must(of.As(&fields))
		values := map[string]any{}
		for name, field := range fields {
			values[name] = plain(t, field)
		}
		return values
	}
	var elements []tftypes.Value
	must(of.As(&elements))
	values := []any{}
	for _, element := range elements {
		values = append(values, plain(t, element))
	}
	return values
}

func problemsOf(diagnostics []*tfprotov6.Diagnostic) (problems []string) {
	for _, d := range diagnostics {
		problems = append(problems, strings.ToLower(d.Severity.String())+": "+d.Summary+": "+d.Detail)
	}
	return problems
}

func hasError(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}
