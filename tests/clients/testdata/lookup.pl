# Looks a name up with Net::DNS.
use strict;
use warnings;
use Net::DNS;
use Time::HiRes 'time';
my ($name, $type) = @ARGV;
my $resolver = Net::DNS::Resolver->new;
my $start = time;
my $answer = $resolver->query($name, $type);
if ($answer) {
	print $_->string, "\n" for $answer->answer;
} else {
	print 'error: ', $resolver->errorstring, "\n";
}
printf "took %f\n", (time - $start) * 1000;
