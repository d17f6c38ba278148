using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Controllers.Endpoints;

/// <summary>The endpoints of a Service with one address family and the same ports; they share slices.</summary>
internal sealed record SliceGroup(string AddressType, List<EndpointPort> Ports, List<Endpoint> Endpoints);

/// <summary>What to write so that a Service's slices hold its endpoints.</summary>
internal sealed record SlicePlan(List<EndpointSlice> Create, List<EndpointSlice> Update, List<EndpointSlice> Delete)
{
    public const int MaxEndpoints = 100;

    public static SlicePlan Make(Service service, List<SliceGroup> groups, IReadOnlyList<EndpointSlice> existing)
    {
        var plan = new SlicePlan([], [], []);
        var left = existing.OrderBy(s => s.Name, StringComparer.Ordinal).ToList();
        if (groups.Count == 0)
        {
            groups = [new SliceGroup(service.Spec.IpFamilies.FirstOrDefault() ?? "IPv4", [], [])]; // an empty slice says: known, and nobody there
        }

        foreach (var group in groups)
        {
            var own = left.Where(s => s.AddressType == group.AddressType && ApiStruct.DeepEquals(s.Ports, group.Ports)).ToList();
            left.RemoveAll(own.Contains);
            plan.Fill(service, group, own);
        }

        plan.Delete.AddRange(left);
        return plan;
    }

    private void Fill(Service service, SliceGroup group, List<EndpointSlice> own)
    {
        var wanted = group.Endpoints.ToDictionary(e => e.TargetRef?.Uid + e.Addresses[0]);
        var contents = own.ConvertAll(slice => (Slice: slice, Endpoints: Keep(slice, wanted)));
        foreach (var endpoint in wanted.Values)
        {
            var room = contents.FindIndex(c => c.Endpoints.Count < MaxEndpoints);
            if (room < 0)
            {
                contents.Add((New(service, group), []));
                room = contents.Count - 1;
            }

            contents[room].Endpoints.Add(endpoint);
        }

        if (contents.Count == 0)
        {
            contents.Add((New(service, group), []));
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
            Put(service, slice, endpoints);
        }
    }

    private void Put(Service service, EndpointSlice slice, List<Endpoint> endpoints)
    {
        var labels = Labels(service);
        if (slice.Metadata.Uid.Length == 0)
        {
            slice.Endpoints = endpoints;
            Create.Add(slice);
        }
        else if (!ApiStruct.DeepEquals(slice.Endpoints, endpoints) || labels.Count != slice.Metadata.Labels.Count || labels.Any(l => slice.Metadata.Labels.GetValueOrDefault(l.Key) != l.Value))
        {
            var changed = slice.Clone();
            changed.Endpoints = endpoints;
            changed.Metadata.Labels = labels;
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

    private static EndpointSlice New(Service service, SliceGroup group)
    {
        var slice = new EndpointSlice { AddressType = group.AddressType, Ports = group.Ports };
        slice.Metadata.GenerateName = service.Name + "-";
        slice.Metadata.Namespace = service.Namespace;
        slice.Metadata.Labels = Labels(service);
        slice.Metadata.OwnerReferences = [Owners.Controlled(service)];
        return slice;
    }

    private static Dictionary<string, string> Labels(Service service)
    {
        var labels = new Dictionary<string, string>(service.Metadata.Labels)
        {
            [EndpointSliceController.ServiceName] = service.Name,
            [EndpointSliceController.ManagedBy] = EndpointSliceController.Manager,
        };
        if (ServicePods.IsHeadless(service))
        {
            labels[ServicePods.HeadlessLabel] = "";
        }

        return labels;
    }
}
