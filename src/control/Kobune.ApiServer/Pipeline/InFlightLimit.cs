using Kobune.Api;

namespace Kobune.ApiServer.Pipeline;

/// <summary>
/// Flow control, simple form: so many requests at once, and 429 for more. Watches and streams count only while they
/// start. The place of priority and fairness.
/// </summary>
internal sealed class InFlightLimit(int most)
{
    private int present;

    public int Present => Volatile.Read(ref present);

    public Place Enter(ApiRequest request)
    {
        if (request.IsLongRunning || !request.Info.IsResourceRequest)
        {
            return default;
        }

        if (Interlocked.Increment(ref present) > most && !request.User.Groups.Contains(Authentication.UserInfo.Masters))
        {
            Interlocked.Decrement(ref present);
            request.Http.Response.Headers.RetryAfter = "1";
            throw StatusErrors.TooManyRequests("too many requests, please try again later", 1);
        }

        return new Place(this);
    }

    public readonly struct Place(InFlightLimit? limit) : IDisposable
    {
        public void Dispose()
        {
            if (limit is not null)
            {
                Interlocked.Decrement(ref limit.present);
            }
        }
    }
}
