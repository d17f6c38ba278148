using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Formats;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Images;

/// <summary>What became of an image: its reference, or the reason that the container's status shows.</summary>
internal sealed record ImageResult(string? ImageRef, string Reason, string Message, ImageUser? User = null);

/// <summary>
/// Sees that images are present, by pull policy. Pulls are bounded in number, and the same image is pulled once however many
/// ask for it at the time. Image garbage collection will live beside this.
/// </summary>
internal sealed class ImageManager(ICriImages images, PullSecrets secrets, PodEvents events, TimeProvider time, int maxParallelPulls)
{
    private readonly SemaphoreSlim _slots = new(maxParallelPulls, maxParallelPulls);

    public async Task<ImageResult> EnsureAsync(PodView pod, ContainerSpec container, CancellationToken cancellation)
    {
        var image = container.Container.Image;
        if (ImageName.Parse(image) is { Error: { } problem })
        {
            var text = $"Failed to apply default image tag \"{image}\": {problem}";
            events.Container(pod, container, "Warning", "InspectFailed", text);
            events.Container(pod, container, "Warning", "Failed", "Error: InvalidImageName");
            return new ImageResult(null, "InvalidImageName", text);
        }

        var full = ImageName.Parse(image).WithTag;
        var policy = container.Container.ImagePullPolicy is { Length: > 0 } given ? given : ImageName.DefaultPolicy(image);
        try
        {
            var spec = new V1.ImageSpec { Image = full };
            var present = policy == "Always" ? null : await images.ImageStatusAsync(spec, cancellation);
            if (present is not null)
            {
                events.Container(pod, container, "Normal", "Pulled", $"Container image \"{image}\" already present on machine");
                return new ImageResult(present.Id, "", "", UserOf(present));
            }

            if (policy == "Never")
            {
                var text = $"Container image \"{image}\" is not present with pull policy of Never";
                events.Container(pod, container, "Warning", "ErrImageNeverPull", text);
                events.Container(pod, container, "Warning", "Failed", "Error: ErrImageNeverPull");
                return new ImageResult(null, "ErrImageNeverPull", text);
            }

            return await PullAsync(pod, container, spec, cancellation);
        }
        catch (RpcException e)
        {
            var text = $"Failed to inspect image \"{image}\": {e.Describe()}";
            events.Container(pod, container, "Warning", "InspectFailed", text);
            events.Container(pod, container, "Warning", "Failed", "Error: ImageInspectError");
            return new ImageResult(null, "ImageInspectError", text);
        }
    }

    private async Task<ImageResult> PullAsync(PodView pod, ContainerSpec container, V1.ImageSpec spec, CancellationToken cancellation)
    {
        var image = container.Container.Image;
        events.Container(pod, container, "Normal", "Pulling", $"Pulling image \"{image}\"");
        var asked = time.GetTimestamp();
        await _slots.WaitAsync(cancellation);
        try
        {
            var began = time.GetTimestamp();
            var reference = await PullWithAnyCredentialAsync(pod, spec, cancellation);
            var took = GoTime.Duration(GoTime.Milliseconds(time.GetElapsedTime(began)));
            var waited = GoTime.Duration(GoTime.Milliseconds(time.GetElapsedTime(asked)));
            var pulled = await images.ImageStatusAsync(spec, cancellation);
            var size = pulled?.Size ?? 0;
            events.Container(pod, container, "Normal", "Pulled",
                $"Successfully pulled image \"{image}\" in {took} ({waited} including waiting). Image size: {size} bytes.");
            return new ImageResult(reference, "", "", UserOf(pulled));
        }
        catch (RpcException e)
        {
            var text = e.Describe();
            events.Container(pod, container, "Warning", "Failed", $"Failed to pull image \"{image}\": {text}");
            events.Container(pod, container, "Warning", "Failed", "Error: ErrImagePull");
            return new ImageResult(null, "ErrImagePull", text);
        }
        finally
        {
            _slots.Release();
        }
    }

    private static ImageUser UserOf(V1.Image? image) => new(image?.Uid?.Value, image?.Username ?? "");

    /// <summary>Tries the matching pull secrets in turn, and without any when there are none; the last failure is the one reported.</summary>
    private async Task<string> PullWithAnyCredentialAsync(PodView pod, V1.ImageSpec spec, CancellationToken cancellation)
    {
        var credentials = await secrets.ForAsync(pod, spec.Image, cancellation);
        for (var i = 0; ; i++)
        {
            try
            {
                return await images.PullImageAsync(new V1.PullImageRequest { Image = spec, Auth = i < credentials.Count ? credentials[i] : null }, cancellation);
            }
            catch (RpcException) when (i + 1 < credentials.Count)
            {
                // The next credential may be the one that the registry accepts.
            }
        }
    }
}
