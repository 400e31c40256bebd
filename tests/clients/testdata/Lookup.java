import java.net.InetAddress;
import java.util.Hashtable;
import javax.naming.directory.Attributes;
import javax.naming.directory.InitialDirContext;

/** Looks a name up through InetAddress, or through JNDI's own DNS client. */
public class Lookup {
    public static void main(String[] args) throws Exception {
        String how = args[0], name = args[1], type = args[2];
        InitialDirContext jndi = null;
        if (how.equals("jndi")) {
            Hashtable<String, String> env = new Hashtable<>();
            env.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
            jndi = new InitialDirContext(env);
        }
        long start = System.nanoTime();
        try {
            if (jndi != null) {
                Attributes found = jndi.getAttributes("dns:/" + name, new String[] {type});
                System.out.println(found);
            } else {
                for (InetAddress address : InetAddress.getAllByName(name)) {
                    System.out.println(address.getHostAddress());
                }
            }
        } catch (Exception e) {
            System.out.println("error: " + e);
        }
        System.out.println("took " + (System.nanoTime() - start) / 1e6);
    }
}
