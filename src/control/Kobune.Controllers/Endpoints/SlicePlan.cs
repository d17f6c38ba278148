using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Controllers.Endpoints;

/// <summary>The endpoints of a Service with one address family and the same ports; they share slices.</summary>
internal sealed record SliceGroup(string AddressType, List<EndpointPort> Ports, List<Endpoint> Endpoints);

/// <summary>Whose slices they are: what they belong to, the Service that they are of, their labels and annotations.</summary>
/// <param name="Owner">The Service, or the Endpoints that are mirrored.</param>
/// <param name="Labels">All labels that the slices carry.</param>
/// <param name="Annotations">The annotations that they carry besides.</param>
/// <param name="WhenEmpty">The address type of the empty slice that says: known, and nobody there; null: no such slice.</param>
internal sealed record SliceOwner(KubeObject Owner, Dictionary<string, string> Labels, Dictionary<string, string> Annotations, string? WhenEmpty);

/// <summary>What to write so that the slices hold their endpoints.</summary>
internal sealed record SlicePlan(List<EndpointSlice> Create, List<EndpointSlice> Update, List<EndpointSlice> Delete)
{
    public const int MaxEndpoints = 100;

    public static SlicePlan Make(SliceOwner owner, List<SliceGroup> groups, IReadOnlyList<EndpointSlice> existing)
    {
        var plan = new SlicePlan([], [], []);
        var left = existing.OrderBy(s => s.Name, StringComparer.Ordinal).ToList();
        if (groups.Count == 0 && owner.WhenEmpty is { } family)
        {
            groups = [new SliceGroup(family, [], [])];
        }

        foreach (var group in groups)
        {
            var own = left.Where(s => s.AddressType == group.AddressType && ApiStruct.DeepEquals(s.Ports, group.Ports)).ToList();
            left.RemoveAll(own.Contains);
            plan.Fill(owner, group, own);
        }

        plan.Delete.AddRange(left);
        return plan;
    }

    private void Fill(SliceOwner owner, SliceGroup group, List<EndpointSlice> own)
    {
        var wanted = group.Endpoints.ToDictionary(e => e.TargetRef?.Uid + e.Addresses[0]);
        var contents = own.ConvertAll(slice => (Slice: slice, Endpoints: Keep(slice, wanted)));
        foreach (var endpoint in wanted.Values)
        {
            var room = contents.FindIndex(c => c.Endpoints.Count < MaxEndpoints);
            if (room < 0)
            {
                contents.Add((New(owner, group), []));
                room = contents.Count - 1;
            }

            contents[room].Endpoints.Add(endpoint);
        }

        if (contents.Count == 0)
        {
            contents.Add((New(owner, group), []));
        }

        // Empty slices go, but one stays to say that the Service is known.
        var keepEmpty = contents.All(c => c.Endpoints.Count == 0);
        foreach (var (slice, endpoints) in contents)
        {
            if (endpoints.Count == 0 && !keepEmpty)
            {
                Delete.Add(slice);
                continue;
            }

            keepEmpty = false;
            Put(owner, slice, endpoints);
        }
    }

    private void Put(SliceOwner owner, EndpointSlice slice, List<Endpoint> endpoints)
    {
        var labels = owner.Labels;
        if (slice.Metadata.Uid.Length == 0)
        {
            slice.Endpoints = endpoints;
            Create.Add(slice);
        }
        else if (!ApiStruct.DeepEquals(slice.Endpoints, endpoints) || labels.Count != slice.Metadata.Labels.Count || labels.Any(l => slice.Metadata.Labels.GetValueOrDefault(l.Key) != l.Value)
            || owner.Annotations.Any(a => slice.Metadata.Annotations.GetValueOrDefault(a.Key) != a.Value))
        {
            var changed = slice.Clone();
            changed.Endpoints = endpoints;
            changed.Metadata.Labels = new Dictionary<string, string>(labels);
            foreach (var (key, value) in owner.Annotations)
            {
                changed.Metadata.Annotations[key] = value;
            }

            Update.Add(changed);
        }
    }

    // The slice's endpoints that are still wanted, in their order, as they are now; they are taken out of the wanted ones.
    private static List<Endpoint> Keep(EndpointSlice slice, Dictionary<string, Endpoint> wanted)
    {
        var kept = new List<Endpoint>();
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses.Count > 0 && wanted.Remove(endpoint.TargetRef?.Uid + endpoint.Addresses[0], out var now))
            {
                kept.Add(now);
            }
        }

        return kept;
    }

    private static EndpointSlice New(SliceOwner owner, SliceGroup group)
    {
        var slice = new EndpointSlice { AddressType = group.AddressType, Ports = group.Ports };
        slice.Metadata.GenerateName = owner.Owner.Name + "-";
        slice.Metadata.Namespace = owner.Owner.Namespace;
        slice.Metadata.Labels = new Dictionary<string, string>(owner.Labels);
        slice.Metadata.Annotations = new Dictionary<string, string>(owner.Annotations);
        slice.Metadata.OwnerReferences = [Owners.Controlled(owner.Owner)];
        return slice;
    }
}
