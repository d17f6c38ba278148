using System.Collections.Concurrent;
using Kobune.Cri.Images;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>
/// Behaviours by name, looked up at the moment of the call, so that a test may change its mind. Container behaviours
/// are found by container name, then by image; an attempt may choose by <see cref="ContainerMetadata.Attempt"/>.
/// </summary>
public sealed class FakeCriScript
{
    private readonly ConcurrentDictionary<string, Func<uint, FakeContainerBehavior>> _containers = new();
    private readonly ConcurrentDictionary<string, Func<uint, FakeContainerBehavior>> _byImage = new();
    private readonly ConcurrentDictionary<string, FakeImageBehavior> _images = new();
    private readonly ConcurrentDictionary<string, FakeSandboxBehavior> _sandboxes = new();

    /// <param name="name">The container's name in its Pod.</param>
    /// <param name="behavior">Every attempt's.</param>
    public FakeCriScript Container(string name, FakeContainerBehavior behavior) => Container(name, _ => behavior);

    /// <param name="name">The container's name in its Pod.</param>
    /// <param name="behavior">By attempt, from zero.</param>
    public FakeCriScript Container(string name, Func<uint, FakeContainerBehavior> behavior)
    {
        _containers[name] = behavior;
        return this;
    }

    public FakeCriScript ContainersOf(string image, FakeContainerBehavior behavior)
    {
        _byImage[ImageName.Normalize(image)] = _ => behavior;
        return this;
    }

    public FakeCriScript Image(string name, FakeImageBehavior behavior)
    {
        _images[ImageName.Normalize(name)] = behavior;
        return this;
    }

    /// <param name="pod">The Pod's name.</param>
    /// <param name="behavior">Every attempt's.</param>
    public FakeCriScript Sandbox(string pod, FakeSandboxBehavior behavior)
    {
        _sandboxes[pod] = behavior;
        return this;
    }

    internal FakeContainerBehavior ForContainer(ContainerConfig config, string imageName)
    {
        if (_containers.TryGetValue(config.Metadata.Name, out var byName))
            return byName(config.Metadata.Attempt);
        return _byImage.TryGetValue(imageName, out var byImage) ? byImage(config.Metadata.Attempt) : new FakeContainerBehavior();
    }

    internal FakeImageBehavior ForImage(string name) => _images.GetValueOrDefault(ImageName.Normalize(name)) ?? new FakeImageBehavior();

    internal FakeSandboxBehavior ForSandbox(string pod) => _sandboxes.GetValueOrDefault(pod) ?? new FakeSandboxBehavior();
}
