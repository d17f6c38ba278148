using System.Security.Cryptography;
using System.Text;
using Kobune.Cri.Grpc;
using Kobune.Cri.Images;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>runtime.v1.ImageService in memory. An image's id is the hash of its name.</summary>
internal sealed class FakeImages(FakeCriScript script, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Image> _images = []; // by complete name

    internal void Register(GrpcMethods methods, FakeCallLog calls)
    {
        const string service = "/runtime.v1.ImageService/";
        methods.Serve(calls, service + "ListImages", ListImagesRequest.Parser, List)
            .Serve(calls, service + "ImageStatus", ImageStatusRequest.Parser, r => new ImageStatusResponse { Image = Find(r.Image.Image) })
            .Serve(calls, service + "PullImage", PullImageRequest.Parser, PullAsync)
            .Serve(calls, service + "RemoveImage", RemoveImageRequest.Parser, Remove)
            .Serve(calls, service + "ImageFsInfo", ImageFsInfoRequest.Parser, FsInfo);
    }

    /// <summary>By name or by id; null when absent.</summary>
    internal Image? Find(string nameOrId)
    {
        lock (_lock)
        {
            return _images.GetValueOrDefault(ImageName.Normalize(nameOrId))
                ?? _images.Values.FirstOrDefault(i => i.Id == nameOrId || i.RepoDigests.Contains(nameOrId));
        }
    }

    internal Image Add(string name)
    {
        string full = ImageName.Normalize(name);
        FakeImageBehavior behavior = script.ForImage(full);
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)));
        string repository = full.Contains('@') ? full[..full.IndexOf('@')] : full[..full.LastIndexOf(':')];
        var image = new Image { Id = digest, Size = behavior.Size, Spec = new ImageSpec { Image = full }, RepoDigests = { $"{repository}@{digest}" } };
        if (!full.Contains('@'))
            image.RepoTags.Add(full);
        if (long.TryParse(behavior.User, out long uid))
            image.Uid = new Int64Value { Value = uid };
        else
            image.Username = behavior.User;
        lock (_lock)
            return _images[full] = image;
    }

    private async Task<PullImageResponse> PullAsync(PullImageRequest request, CancellationToken cancellation)
    {
        FakeImageBehavior behavior = script.ForImage(request.Image.Image);
        if (behavior.PullTime > TimeSpan.Zero)
            await Task.Delay(behavior.PullTime, time, cancellation);
        if (behavior.PullFailure is { } failure)
            throw failure.ToException();
        return new PullImageResponse { ImageRef = Add(request.Image.Image).Id };
    }

    private ListImagesResponse List(ListImagesRequest request)
    {
        if (request.Filter?.Image?.Image is { Length: > 0 } only)
            return Find(only) is { } one ? new ListImagesResponse { Images = { one } } : new ListImagesResponse();
        lock (_lock)
            return new ListImagesResponse { Images = { _images.Values } };
    }

    private RemoveImageResponse Remove(RemoveImageRequest request)
    {
        if (Find(request.Image.Image) is { } image)
        {
            lock (_lock)
                _images.Remove(image.Spec.Image);
        }
        return new RemoveImageResponse();
    }

    private ImageFsInfoResponse FsInfo(ImageFsInfoRequest request)
    {
        lock (_lock)
        {
            ulong used = _images.Values.Aggregate(0ul, (sum, image) => sum + image.Size);
            return new ImageFsInfoResponse
            {
                ImageFilesystems =
                {
                    new FilesystemUsage
                    {
                        Timestamp = time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000,
                        FsId = new FilesystemIdentifier { Mountpoint = "/" },
                        UsedBytes = new UInt64Value { Value = used },
                        InodesUsed = new UInt64Value(),
                    },
                },
            };
        }
    }
}
