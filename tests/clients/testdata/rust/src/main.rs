// lookup NAME: trust-dns-resolver with the system's configuration.
fn main() {
    let name = std::env::args().nth(1).expect("a name");
    let resolver = trust_dns_resolver::Resolver::from_system_conf().expect("a configuration");
    let start = std::time::Instant::now();
    let answer = resolver.lookup_ip(format!("{name}."));
    println!("took {:.1}", start.elapsed().as_secs_f64() * 1000.0);
    match answer {
        Ok(found) => found.iter().for_each(|address| println!("{address}")),
        Err(error) => println!("error: {error}"),
    }
}
