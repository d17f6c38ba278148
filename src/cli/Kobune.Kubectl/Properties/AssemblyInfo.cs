using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kobune.Kubectl.Tests")]
