using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

/// <summary>The registry's rules through the in-process client over a memory store.</summary>
public sealed class CrudTests : IAsyncLifetime
{
    private TestApiServer server = null!;

    private IKubeClient Client => server.Client;

    public async ValueTask InitializeAsync() => server = await TestApiServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Create_fills_metadata_and_refuses_a_second_one()
    {
        var created = await Client.CreateAsync(Map("a"));
        Assert.NotEmpty(created.Metadata.Uid);
        Assert.NotNull(created.Metadata.CreationTimestamp);
        Assert.NotEmpty(created.Metadata.ResourceVersion);
        var error = await Assert.ThrowsAsync<KubeStatusException>(() => Client.CreateAsync(Map("a")));
        Assert.Equal("configmaps \"a\" already exists", error.Status.Message);
        Assert.Equal(409, error.Code);
    }

    [Fact]
    public async Task Update_with_an_old_version_conflicts()
    {
        var first = (await Client.CreateAsync(Map("a"))).Clone();
        var second = first.Clone();
        second.Data["x"] = "2";
        await Client.UpdateAsync(second);
        first.Data["x"] = "3";
        var error = await Assert.ThrowsAsync<KubeStatusException>(() => Client.UpdateAsync(first));
        Assert.True(error.IsConflict);
        Assert.Equal("Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again", error.Status.Message);
        first.Metadata.ResourceVersion = "";
        Assert.Equal("3", (await Client.UpdateAsync(first)).Data["x"]);
    }

    [Fact]
    public async Task An_update_that_changes_nothing_writes_nothing()
    {
        var created = await Client.CreateAsync(Map("a"));
        var updated = await Client.UpdateAsync(created.Clone());
        Assert.Equal(created.Metadata.ResourceVersion, updated.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Finalizers_hold_a_deletion_until_the_last_is_gone()
    {
        var map = Map("a");
        map.Metadata.Finalizers.Add("example.com/hold");
        await Client.CreateAsync(map);
        await Client.DeleteAsync<ConfigMap>("default", "a");
        var held = (await Client.GetAsync<ConfigMap>("default", "a")).Clone();
        Assert.NotNull(held.Metadata.DeletionTimestamp);
        held.Metadata.Finalizers.Clear();
        await Client.UpdateAsync(held);
        await Assert.ThrowsAsync<KubeStatusException>(() => Client.GetAsync<ConfigMap>("default", "a"));
    }

    [Fact]
    public async Task Status_and_specification_are_written_apart()
    {
        var node = new Node { Metadata = new() { Name = "n" } };
        node.Status.NodeInfo.KubeletVersion = "kept";
        var created = (await Client.CreateAsync(node)).Clone();
        created.Status.NodeInfo.KubeletVersion = "v1";
        created.Spec.Unschedulable = true;
        var status = await Client.UpdateStatusAsync(created);
        Assert.Equal("v1", status.Status.NodeInfo.KubeletVersion);
        Assert.False(status.Spec.Unschedulable);
        var spec = status.Clone();
        spec.Spec.Unschedulable = true;
        spec.Status.NodeInfo.KubeletVersion = "v2";
        spec = await Client.UpdateAsync(spec);
        Assert.True(spec.Spec.Unschedulable);
        Assert.Equal("v1", spec.Status.NodeInfo.KubeletVersion);
    }

    [Fact]
    public async Task Preconditions_guard_a_deletion()
    {
        await Client.CreateAsync(Map("a"));
        var error = await Assert.ThrowsAsync<KubeStatusException>(() =>
            Client.DeleteAsync<ConfigMap>("default", "a", new DeleteOptions { Preconditions = new Preconditions { Uid = "other" } }));
        Assert.True(error.IsConflict);
    }

    [Fact]
    public async Task Foreground_and_orphan_leave_their_finalizers_for_the_garbage_collector()
    {
        await Client.CreateAsync(Map("a"));
        await Client.DeleteAsync<ConfigMap>("default", "a", new DeleteOptions { PropagationPolicy = "Foreground" });
        Assert.Equal(["foregroundDeletion"], (await Client.GetAsync<ConfigMap>("default", "a")).Metadata.Finalizers);
        await Client.CreateAsync(Map("b"));
        await Client.DeleteAsync<ConfigMap>("default", "b", new DeleteOptions { PropagationPolicy = "Orphan" });
        Assert.Equal(["orphan"], (await Client.GetAsync<ConfigMap>("default", "b")).Metadata.Finalizers);
    }

    [Fact]
    public async Task A_dry_run_stores_nothing()
    {
        var answer = await Client.CreateAsync(Map("a"), new WriteOptions { DryRun = true });
        Assert.NotEmpty(answer.Metadata.Uid);
        await Assert.ThrowsAsync<KubeStatusException>(() => Client.GetAsync<ConfigMap>("default", "a"));
    }

    [Fact]
    public async Task Pages_are_consistent_and_selectors_select()
    {
        for (var i = 0; i < 7; i++)
        {
            var map = Map($"m{i}");
            map.Metadata.Labels["odd"] = i % 2 == 1 ? "yes" : "no";
            await Client.CreateAsync(map);
        }

        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await Client.ListAsync<ConfigMap>("default", new ListOptions { Limit = 3, Continue = next });
            names.AddRange(page.Items.Select(m => m.Metadata.Name));
            next = page.Metadata.Continue;
            await Client.CreateAsync(Map($"later{names.Count}"));
        }
        while (next.Length > 0);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"m{i}"), names);

        Assert.Equal(3, (await Client.ListAsync<ConfigMap>("default", new ListOptions { LabelSelector = "odd=yes" })).Items.Count);
        Assert.Single((await Client.ListAsync<ConfigMap>("default", new ListOptions { FieldSelector = "metadata.name=m2" })).Items);
        var error = await Assert.ThrowsAsync<KubeStatusException>(() => Client.ListAsync<ConfigMap>("default", new ListOptions { FieldSelector = "data.x=1" }));
        Assert.Equal(400, error.Code);
    }

    [Fact]
    public async Task Generated_names_have_five_characters_more()
    {
        var map = Map("");
        map.Metadata.GenerateName = "gen-";
        var created = await Client.CreateAsync(map);
        Assert.Matches("^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$", created.Metadata.Name);
    }

    [Fact]
    public async Task An_event_of_one_group_is_seen_in_the_other()
    {
        var stored = new Event { Metadata = new() { Name = "e", Namespace = "default" }, Reason = "Pulled", Message = "text", Type = "Normal" };
        stored.InvolvedObject.Kind = "Pod";
        stored.InvolvedObject.Name = "p";
        stored.InvolvedObject.Namespace = "default";
        await Client.CreateAsync(stored);
        var seen = await Client.GetAsync<Kobune.Api.Events.V1.Event>("default", "e");
        Assert.Equal("text", seen.Note);
        Assert.Equal("p", seen.Regarding.Name);
    }

    internal static ConfigMap Map(string name) => new() { Metadata = new() { Name = name, Namespace = "default" }, Data = { ["x"] = "1" } };
}
