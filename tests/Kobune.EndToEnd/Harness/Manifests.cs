namespace Kobune.EndToEnd.Harness;

/// <summary>The few manifests that several tests share.</summary>
internal static class Manifests
{
    /// <summary>One replica of nginx:1.27 under the label app=NAME.</summary>
    public static string NginxDeployment(string name, string image = "nginx:1.27") => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{name}}
        spec:
          selector:
            matchLabels: { app: {{name}} }
          template:
            metadata:
              labels: { app: {{name}} }
            spec:
              containers:
              - name: nginx
                image: {{image}}

        """;
}
