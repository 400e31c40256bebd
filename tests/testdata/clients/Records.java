// Asks by JNDI's DNS and by InetAddress about what its arguments name, and prints what it gets: java Records.java KIND:NAME...
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Hashtable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.naming.Context;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

public class Records {
    static InitialDirContext dns;

    public static void main(String[] args) throws Exception {
        Hashtable<String, String> env = new Hashtable<>();
        env.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        env.put(Context.PROVIDER_URL, "dns:"); // by resolv.conf's nameservers
        dns = new InitialDirContext(env);
        for (String arg : args) {
            String[] parts = arg.split(":", 2);
            String found;
            try {
                found = ask(parts[0], parts[1]);
            } catch (Exception e) {
                found = e.getClass().getSimpleName() + ": " + e.getMessage();
            }
            System.out.println(arg + " " + found);
        }
    }

    static String ask(String kind, String name) throws Exception {
        switch (kind) {
            case "all": // in an order that does not depend on which networks are there
                return Stream.of(InetAddress.getAllByName(name)).map(InetAddress::getHostAddress).sorted().collect(Collectors.toList()).toString();
            case "canonical":
                return InetAddress.getByName(name).getCanonicalHostName();
            default:
                Attribute records = dns.getAttributes(name, new String[] {kind}).get(kind);
                if (records == null) {
                    return "no such record";
                }
                List<String> found = new ArrayList<>();
                for (Object record : Collections.list(records.getAll())) {
                    found.add(record instanceof byte[] ? HexFormat.of().formatHex((byte[]) record) : record.toString());
                }
                Collections.sort(found);
                return found.toString();
        }
    }
}
