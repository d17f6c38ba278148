using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kobune.Kubelet.Tests")]
