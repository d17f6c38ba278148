using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>A Pod's resolver settings, within what libc's resolver takes.</summary>
internal static class DnsConfigValidation
{
    public static void Validate(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.DnsPolicy == "None" && spec.DnsConfig == null)
        {
            errors.Required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }

        if (spec.DnsConfig is not { } config)
        {
            return;
        }

        var (servers, searches) = (path.Child("nameservers"), path.Child("searches"));
        if (spec.DnsPolicy == "None" && config.Nameservers.Count == 0)
        {
            errors.Required(servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }

        if (config.Nameservers.Count > 3)
        {
            errors.Invalid(servers, config.Nameservers, "must not have more than 3 nameservers");
        }

        for (var i = 0; i < config.Nameservers.Count; i++)
        {
            errors.IpAddress(servers.Index(i), config.Nameservers[i]);
        }

        if (config.Searches.Count > 32)
        {
            errors.Invalid(searches, config.Searches, "must not have more than 32 search paths");
        }

        if (string.Join(' ', config.Searches).Length > 2048)
        {
            errors.Invalid(searches, config.Searches, "must not have more than 2048 characters (including spaces) in the search list");
        }

        for (var i = 0; i < config.Searches.Count; i++)
        {
            var search = config.Searches[i].EndsWith('.') ? config.Searches[i][..^1] : config.Searches[i];
            if (config.Searches[i] != ".")
            {
                errors.Each(searches.Index(i), search, Names.DnsSubdomainWithUnderscore(search));
            }
        }

        for (var i = 0; i < config.Options.Count; i++)
        {
            if (config.Options[i].Name.Length == 0)
            {
                errors.Required(path.Child("options").Index(i), "must not be empty");
            }
        }
    }
}
