using Kobune.Api;
using Kobune.ApiServer.Printing;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.Registry.Subresources;

namespace Kobune.ApiServer.Pipeline;

/// <summary>GET of one object and of lists.</summary>
internal sealed class ReadHandler(ResourceRegistry registry, ObjectResponses responses)
{
    public async Task GetAsync(ApiRequest request, ServedResource resource)
    {
        var accepted = MediaTypes.Negotiate(request.Http.Request, resource);
        if (resource is { Cache: null, Computed: null })
        {
            throw StatusErrors.NoSuchPath();
        }

        var found = await registry.GetAsync(Scopes.Of(request, resource), request.Query("resourceVersion"), request.Aborted).ConfigureAwait(false);
        if (request.Info.Subresource == "scale")
        {
            await responses.ObjectAsync(request, resource, 200, ScaleView.Of(found.Object), accepted).ConfigureAwait(false);
            return;
        }

        await responses.StoredAsync(request, resource, 200, found, accepted).ConfigureAwait(false);
    }

    public async Task ListAsync(ApiRequest request, ServedResource resource)
    {
        var accepted = MediaTypes.Negotiate(request.Http.Request, resource);
        var list = await registry.ListAsync(Scopes.Of(request, resource), Scopes.List(request), request.Aborted).ConfigureAwait(false);
        await responses.ListAsync(request, resource, list, accepted).ConfigureAwait(false);
    }
}
