// Looks a name up with System.Net.Dns.
using System;
using System.Diagnostics;
using System.Net;

class Lookup {
    static void Main(string[] args) {
        var watch = Stopwatch.StartNew();
        try {
            foreach (var address in Dns.GetHostAddresses(args[0])) Console.WriteLine(address);
        } catch (Exception e) {
            Console.WriteLine("error: " + e.Message);
        }
        Console.WriteLine("took " + watch.Elapsed.TotalMilliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
