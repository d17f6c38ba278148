using System.Text.RegularExpressions;
using Kobune.Cri.Images;

namespace Kobune.EndToEnd.Harness;

/// <summary>Images made of this machine's Debian packages, under the names that the documents use.</summary>
internal static partial class TestImages
{
    private static readonly string[] Tools = ["/bin/bash", "/bin/cat", "/bin/ls", "/bin/sleep", "/bin/echo", "/usr/bin/id", "/usr/bin/env", "/bin/hostname", "/bin/true", "/bin/false"];

    private const string NginxConf = """
        daemon off;
        worker_processes 1;
        pid /run/nginx.pid;
        error_log /dev/stderr notice;
        events { worker_connections 64; }
        http {
          access_log /dev/stdout;
          default_type text/html;
          client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
          server { listen 80; root /usr/share/nginx/html; index index.html; }
        }
        """;

    private const string NginxPage = """
        <!DOCTYPE html>
        <html><head><title>Welcome to nginx!</title></head>
        <body><h1>Welcome to nginx!</h1></body></html>

        """;

    /// <summary>nginx with a shell and the few tools that the documents run inside of it.</summary>
    public static void Nginx(Stream output, string name)
    {
        var layer = Base();
        AddProgram(layer, "/usr/sbin/nginx");
        layer.Text("/etc/nginx/nginx.conf", NginxConf)
            .Text("/usr/share/nginx/html/index.html", NginxPage)
            .Directory("/var/log/nginx").Directory("/var/lib/nginx");
        new ImageArchive().Add(name, layer, new ImageConfig { Cmd = ["/usr/sbin/nginx", "-c", "/etc/nginx/nginx.conf"] }).Write(output);
    }

    private static ImageLayer Base()
    {
        var layer = new ImageLayer();
        foreach (var folder in (string[])["/root", "/run", "/etc", "/proc", "/sys", "/dev", "/var"])
        {
            layer.Directory(folder);
        }
        layer.Directory("/tmp", ImageLayer.WorldWritable)
            .Text("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n")
            .Text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
            .Symlink("/bin/sh", "bash");
        // Debian's prompt, root@host:/#, as the images of Docker Hub have it.
        if (File.Exists("/etc/bash.bashrc"))
        {
            layer.File("/etc/bash.bashrc", File.ReadAllBytes("/etc/bash.bashrc"));
        }
        foreach (var tool in Tools.Where(File.Exists))
        {
            AddProgram(layer, tool);
        }
        return layer;
    }

    // The program and the shared libraries that it is linked with, at their own paths.
    private static void AddProgram(ImageLayer layer, string program)
    {
        layer.File(program, File.ReadAllBytes(program), ImageLayer.Executable);
        var libraries = Shell.RunAsync("ldd", [program]).GetAwaiter().GetResult().Output;
        foreach (Match match in LibraryPath().Matches(libraries))
        {
            layer.File(match.Value, File.ReadAllBytes(match.Value), ImageLayer.Executable);
        }
    }

    [GeneratedRegex(@"/\S+\.so\S*")]
    private static partial Regex LibraryPath();
}
