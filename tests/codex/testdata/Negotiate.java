import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.Oid;

/** Fetches a page with a SPNEGO token that JGSS makes, for the principal of the host's canonical name. */
class Negotiate {
	public static void main(String[] args) throws Exception {
		var page = URI.create(args[0]);
		var proxy = URI.create(System.getenv("HTTPS_PROXY"));
		var canonical = InetAddress.getByName(page.getHost()).getCanonicalHostName();
		System.out.println("getCanonicalHostName " + canonical);
		var manager = GSSManager.getInstance();
		var service = manager.createName("HTTP@" + canonical, GSSName.NT_HOSTBASED_SERVICE);
		var context = manager.createContext(service, new Oid("1.3.6.1.5.5.2"), null, GSSContext.DEFAULT_LIFETIME);
		var token = Base64.getEncoder().encodeToString(context.initSecContext(new byte[0], 0, 0));
		var client = HttpClient.newBuilder().proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort()))).build();
		var request = HttpRequest.newBuilder(page).header("Authorization", "Negotiate " + token).build();
		System.out.println("status " + client.send(request, BodyHandlers.ofString()).statusCode());
	}
}
