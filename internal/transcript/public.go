// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	_ "embed"
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// The lists of what is kept. They have only what the contracts name and what is the same for every user. Whatever is in none of them is
// replaced, so a new field of an API never shows somebody's data.

// words is a list of words. It is made when it is first asked for, because most runs record nothing.
type words = func() map[string]bool

func set(text string) words {
	return sync.OnceValue(func() map[string]bool {
		found := map[string]bool{}
		for _, word := range strings.Fields(text) {
			found[word] = true
		}
		return found
	})
}

// keptFields are the fields whose values are kept: enumerations, part numbers, dates, and numbers that count something.
var keptFields = set(`
	status statusCode category subcategory integrationType externalIntegrationStatus mappingResponsibilities variation unitCount
	lastSyncedAt createdAt updatedAt __v priority

	endpointCount source type kind order decimals tagType icon dateCreated dateModified dateExpires op @odata.count
	purchased assigned available updated sku

	appliesTo capabilityStatus consumedUnits enabled warning suspended lockedOut skuPartNumber isTrial totalLicenses
	createdDateTime nextLifecycleDateTime ownerType servicePlanId servicePlanName servicePlanType provisioningStatus
	activatedDateTime endDateTime lastModifiedDateTime autoExtendDuration duration contractType code date
	userType accountEnabled

	token_type expires_in ext_expires_in error_codes suberror timestamp

	agreementStatus cancelledFlag dateCancelled startDate endDate noEndingDateFlag billOneTimeFlag oneTimeFlag quantity lessIncluded
	billedQuantity billCustomer effectiveDate cancelledDate
	field IncludeFields MaxRecords count requestCount queryCount units approveAndPostDate
	record_count qty_order recurring_invoice_quantity_type _is_calculated_line isinactive onetimecharge isgroupdesc is_bundled_line startdate
	enddate end_date disabled
`)

// messageFields hold texts of the API, see message.go.
var messageFields = set(`message error error_description title detail errors`)

// publicFields are the names of fields that are kept. Other names may be data, as those of traits are.
var publicFields = merge(keptFields, messageFields, set(`
	id _id name description data skus modules attributes isDistributor logo supportArticle supportContact imageUri integrationPortalUrl
	vendorSupportPageUrl organizationId integrationId vendorId vendorName accountId isMapped mappingId isArrears isActive clientOId
	accountIds serviceId clients meta success

	value companyId companyName companyDomainId companyGroupId partnerId psaKey psaSiteKey psaIdentifier agentFileName dataAgentUrl
	territory accountManager registrar hostingCompany contactName contactEmail contactPhone isVerified isOffice365 isDefault isDeleted
	token from path fields nameKey hint defaultValue required useForTitle showInList showInMenu expiration flexibleAssetTypeId
	flexibleAssetId resourceUrl traits traitsJson product tenant owner

	@odata.context @odata.nextLink accountName prepaidUnits servicePlans skuId subscriptionIds commerceSubscriptionId ownerId
	ownerTenantId serviceStatus customer tenantId displayName accessDetails unifiedRoles roleDefinitionId customerId defaultDomainName
	innerError request-id client-request-id verifiedDomains isInitial ocpSubscriptionId
	userPrincipalName mail assignedLicenses disabledPlans

	access_token id_token refresh_token trace_id correlation_id error_uri issuer token_endpoint authorization_endpoint jwks_uri
	tenant_discovery_endpoint

	company billToCompany identifier billingCycle agreementId
	filter items pageDetails prevPageUrl nextPageUrl zoneName url webUrl ci contractName companyID billToCompanyID contractID
	contractServiceID serviceID serviceBundleID externalID internalID
	auth_url tenant_id invoices lines client_id client_name contract_ref schedule _itemid item_code nominal_code item_shortdescription
`))

// publicSegments are the words of routes.
var publicSegments = set(`
	api vendor-api organization accounts status service count services clients alerting debug inactive pending active
	v2 odata company token domain flexible-asset flexible-asset-type flexible-asset-field flexibleassettype flexibleassetfield flexibleasset
	$count $metadata compatibility flexible_assets beta user product endpoint assessment companygroup companygroupcompany
	v1.0 users subscribedSkus directory subscriptions contracts tenantRelationships delegatedAdminRelationships delegatedAdminCustomers
	$batch oauth2 v2.0 .well-known openid-configuration common discovery instance keys authorize .default
	apis 3.0 finance agreements additions
	atservicesrest ATServicesRest zoneInformation query next Contracts Companies Services ContractServiceUnits ContractServiceBundleUnits
	authinfo auth RecurringInvoice
`)

// publicOptions are the options of a query whose values are kept when they have the form of publicOptionValue.
var publicOptions = set(`$select $orderby $top $skip $count no_build returnUnmapped includeFields api-version
	pageSize fields includelines rinvoice_type pageinate page_size page_no`)

var publicOptionValue = regexp.MustCompile(`^(?:[A-Za-z]+(?:,[A-Za-z]+)*(?: (?:asc|desc))?|[0-9]{1,6}|[0-9.]{1,6})$`)

// publicNames are further names of options.
var publicNames = merge(publicOptions, set(`$filter $skiptoken $skipToken companyId accountIds accountIds[] authorization_endpoint pageId page user`))

var publicFilterWords = set(`eq ne and or not null true false contains tolower gt ge lt le 0`)

// publicHosts are those of the vendors: gradient.md §1, cloudradial.md §1, microsoft.md §3.2, psa.md §2.1 and §3.1.
var publicHosts = set(`
	app.usegradient.com api.us.cloudradial.com api.eu.cloudradial.com api.au.cloudradial.com
	graph.microsoft.com graph.microsoft.us dod-graph.microsoft.us microsoftgraph.chinacloudapi.cn
	login.microsoftonline.com login.microsoftonline.us login.chinacloudapi.cn login.partner.microsoftonline.cn
	api-na.myconnectwise.net api-eu.myconnectwise.net api-au.myconnectwise.net webservices.autotask.net
`)

// requestHeaders and responseHeaders are kept as they are, textHeaders as a message, and idHeaders as pseudonyms.
var (
	requestHeaders  = set(`Accept Content-Type`)
	responseHeaders = set(`Content-Type Date Retry-After Ratelimit-Limit Ratelimit-Remaining Ratelimit-Reset X-Ratelimit-Limit
		X-Ratelimit-Remaining X-Ratelimit-Reset X-Ms-Resource-Unit X-Ms-Throttle-Limit-Percentage X-Ms-Throttle-Scope
		X-Ms-Throttle-Information`)
	textHeaders = set(`Server Via Www-Authenticate`)
	idHeaders   = set(`Request-Id X-Request-Id X-Ms-Request-Id Client-Request-Id Location`)
)

// publicTexts and publicDescription are values that are the same for everybody and that the provider looks for, in lower case: the columns of a
// published table, CloudRadial's predefined tokens (cloudradial.md §7.2), and the description of the table's type.
var publicTexts = set(`product sku purchased assigned available status tenant updated owner
	ticketid ticketsubject companyname companypsaid companytenantid useremail username userofficeid userpsaid userisadmin`)

const publicDescription = "microsoft 365 licenses, published by terraform. edits are overwritten."

const noGUID = "00000000-0000-0000-0000-000000000000"

// isPublic reports whether a value is the same for everybody: none, an id of Microsoft's table of products, or a text that is public.
func isPublic(value string) bool {
	lower := strings.ToLower(value)
	if value == noGUID || lower == publicDescription || publicTexts()[lower] {
		return true
	}
	if !guidForm.MatchString(value) {
		return false
	}
	_, published := billing.LookupSKU(value)
	return published
}

//go:embed words.txt
var wordList string

// publicWords are the words of messages, in lower case.
var publicWords = set(wordList)

// publicName keeps the name of a field or an option that is public.
func publicName(name string, replace func(string) string) string {
	if publicNames()[name] || publicFields()[name] || isPublic(name) {
		return name
	}
	return replace(name)
}

func merge(lists ...words) words {
	return sync.OnceValue(func() map[string]bool {
		all := map[string]bool{}
		for _, list := range lists {
			maps.Copy(all, list())
		}
		return all
	})
}
