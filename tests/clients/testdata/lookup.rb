# Looks a name up with Resolv, Ruby's own DNS client.
require 'resolv'
name, type = ARGV
start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
begin
  kind = type == 'A' ? Resolv::DNS::Resource::IN::A : Resolv::DNS::Resource::IN::AAAA
  puts Resolv::DNS.open { |dns| dns.getresource(name, kind).address.to_s }
rescue StandardError => e
  puts "error: #{e.message}"
end
puts "took #{(Process.clock_gettime(Process::CLOCK_MONOTONIC) - start) * 1000}"
