using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>runtime.v1.ImageService. Failures are <see cref="Grpc.RpcException"/>.</summary>
public interface ICriImages
{
    Task<IReadOnlyList<Image>> ListImagesAsync(ImageFilter? filter, CancellationToken cancellation);

    /// <summary>The image, or null when it is not present (an answer without an image, not an error).</summary>
    Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellation);

    /// <summary>Pulls and unpacks; returns the image's id. No deadline of its own: cancel to give up.</summary>
    Task<string> PullImageAsync(PullImageRequest request, CancellationToken cancellation);

    /// <summary>Idempotent.</summary>
    Task RemoveImageAsync(ImageSpec image, CancellationToken cancellation);

    Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellation);
}
