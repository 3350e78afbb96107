// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ datasource.DataSource                   = (*companyMatches)(nil)
	_ datasource.DataSourceWithValidateConfig = (*companyMatches)(nil)
)

// companyMatches needs no client: it works on the names that it is given.
type companyMatches struct{}

type model struct {
	Left      types.Map                  `tfsdk:"left"`
	Right     types.Map                  `tfsdk:"right"`
	Exact     map[string]string          `tfsdk:"exact"`
	Likely    []likelyItem               `tfsdk:"likely"`
	Ambiguous map[string][]candidateItem `tfsdk:"ambiguous"`
	Unmatched *unmatchedItem             `tfsdk:"unmatched"`
	CSV       types.String               `tfsdk:"csv"`
}

type likelyItem struct {
	Left      string  `tfsdk:"left"`
	LeftName  string  `tfsdk:"left_name"`
	Right     string  `tfsdk:"right"`
	RightName string  `tfsdk:"right_name"`
	Score     float64 `tfsdk:"score"`
	Reason    string  `tfsdk:"reason"`
}

type candidateItem struct {
	Right     string  `tfsdk:"right"`
	RightName string  `tfsdk:"right_name"`
	Score     float64 `tfsdk:"score"`
	Reason    string  `tfsdk:"reason"`
}

type unmatchedItem struct {
	Left  []string `tfsdk:"left"`
	Right []string `tfsdk:"right"`
}

var candidateType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"right":      types.StringType,
	"right_name": types.StringType,
	"score":      types.Float64Type,
	"reason":     types.StringType,
}}

// NewDataSource makes the data source cloudradial_company_matches.
func NewDataSource() datasource.DataSource { return &companyMatches{} }

func (d *companyMatches) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_company_matches"
}

func (d *companyMatches) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Proposes which names of two lists are the same company, typically CloudRadial companies or Microsoft tenants " +
			"against the account names of the PSA: a start for the mapping file. It proposes and never decides: no name is paired twice, and " +
			"if several names fit, all are listed and none is chosen. It sends no request and needs no credentials.\n\n" +
			"Two names are different companies if one has a word, a number or a place that the other lacks, unless it is a legal form. Names with " +
			"different legal forms (GmbH and AG, Inc and Ltd) are listed as `ambiguous`, never as `likely`. It knows the legal forms of the " +
			"English-, German-, French-, Dutch-, Nordic- and Spanish-speaking countries.\n\n" +
			"~> Check each `likely` pair before you use it. Two companies can have names that differ only by a legal form or a letter, and " +
			"a wrong pair bills one company for the other.",
		Attributes: map[string]schema.Attribute{
			"left": schema.MapAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The names to find a counterpart for: key to name, for example `company_id` to the company's name in CloudRadial.",
			},
			"right": schema.MapAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The names to find it among: key to name, for example an id to the account's name in the PSA.",
			},
			"exact": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Left key to right key of names that are the same, character for character, as Gradient's automatic matching " +
					"wants them. A name that stands twice in a list is ambiguous instead.",
			},
			"likely": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "Pairs that differ a little and of which neither name has an equally good counterpart elsewhere, sorted by left " +
					"key.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"left":       schema.StringAttribute{Computed: true, MarkdownDescription: "Key of the left name."},
					"left_name":  schema.StringAttribute{Computed: true, MarkdownDescription: "The left name."},
					"right":      schema.StringAttribute{Computed: true, MarkdownDescription: "Key of the right name."},
					"right_name": schema.StringAttribute{Computed: true, MarkdownDescription: "The right name."},
					"score": schema.Float64Attribute{
						Computed:            true,
						MarkdownDescription: "How alike they are, above 0 and below 1. It serves to sort by; it is no probability.",
					},
					"reason": schema.StringAttribute{
						Computed: true,
						MarkdownDescription: "The greatest difference: `case`, `punctuation` (marks, spaces, accents, ü for ue, & for and, a leading The), " +
							"`legal form` (missing in one, or written differently), `word order`, `initials` (also acronyms and common " +
							"abbreviations) or `edit distance` (a letter of a long word is swapped, missing or wrong).",
					},
				}},
			},
			"ambiguous": schema.MapAttribute{
				Computed:    true,
				ElementType: types.ListType{ElemType: candidateType},
				MarkdownDescription: "Left key to everything it may be, best first, where no single one stands out: a person decides. A candidate is " +
					"an object of:\n" +
					"  - `right` (String) key of the right name.\n" +
					"  - `right_name` (String) the right name.\n" +
					"  - `score` (Number) how alike they are, up to 1.\n" +
					"  - `reason` (String) as in `likely`, or `exact` where a name stands twice. A score of 0.5 with `legal form` is the same name with " +
					"another legal form: another legal person.",
			},
			"unmatched": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What has no counterpart.",
				Attributes: map[string]schema.Attribute{
					"left": schema.ListAttribute{
						Computed:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "Keys of the left names, sorted.",
					},
					"right": schema.ListAttribute{
						Computed:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "Keys of the right names that are in none of the above, sorted.",
					},
				},
			},
			"csv": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The same as a file to start a mapping with: a row for each left key, sorted, then the right keys that are left " +
					"over. Columns `" + strings.Join(csvHeader, "`, `") + "`. Delete what is wrong. `right_key` is empty where a person has to decide, with " +
					"all candidates in the last column. A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-` or `@`) has an " +
					"apostrophe in front.",
			},
		},
	}
}

func (d *companyMatches) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	for _, side := range []string{"left", "right"} {
		var names types.Map
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(side), &names)...)
		resp.Diagnostics.Append(requireNames(side, names)...)
	}
}

// requireNames returns an error about entries without a key or a name. A name that is unknown may still be given.
func requireNames(side string, names types.Map) diag.Diagnostics {
	var keys []string
	for key, element := range names.Elements() {
		text, ok := element.(types.String)
		if ok && !text.IsUnknown() && (strings.TrimSpace(text.ValueString()) == "" || key == "") {
			keys = append(keys, fmt.Sprintf("%s[%q]", side, key))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(side), "A company has no name",
		"Every entry needs a key and a name. The name is null or empty, or the key is empty, at:\n\n"+tfdiag.List(keys)+
			"\n\nGive a name, or leave it out: "+
			"{ for key, name in … : key => name if name != null && name != \"\" }")}
}

func (d *companyMatches) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	var left, right map[string]string
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("left"), &data.Left)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("right"), &data.Right)...)
	resp.Diagnostics.Append(data.Left.ElementsAs(ctx, &left, false)...)
	resp.Diagnostics.Append(data.Right.ElementsAs(ctx, &right, false)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.fill(left, right, Match(left, right))
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// fill sets the computed values. Empty ones are empty, not null, so that a configuration can go through them.
func (m *model) fill(left, right map[string]string, result Result) {
	m.Exact = result.Exact
	m.Likely = []likelyItem{}
	for _, pair := range result.Likely {
		m.Likely = append(m.Likely, likelyItem{pair.Left, left[pair.Left], pair.Right, right[pair.Right], pair.Score, string(pair.Reason)})
	}
	m.Ambiguous = map[string][]candidateItem{}
	for l, candidates := range result.Ambiguous {
		for _, c := range candidates {
			m.Ambiguous[l] = append(m.Ambiguous[l], candidateItem{c.Right, right[c.Right], c.Score, string(c.Reason)})
		}
	}
	m.Unmatched = &unmatchedItem{append([]string{}, result.UnmatchedLeft...), append([]string{}, result.UnmatchedRight...)}
	m.CSV = types.StringValue(writeCSV(left, right, result))
}
