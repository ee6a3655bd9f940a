# Becomes a program in a session with a keyring of its own, which goes away with it. Arguments: what else is so of
# its kernel keys, then the program and its arguments.
#   private     nothing else
#   revoked     the keyring was revoked
#   errno=N     the kernel's calls for keys fail so, as a container's filter has it
#   full=UID    it is another user's, whose quota of keys is used up
use strict;
use warnings;

my %calls = (
    'x86_64'  => { add_key => 248, request_key => 249, keyctl => 250, prctl => 157 },
    'aarch64' => { add_key => 217, request_key => 218, keyctl => 219, prctl => 167 },
);
my $machine = `uname -m`;
chomp $machine;
my $call = $calls{$machine} or die "no numbers of system calls for $machine";
my ($JOIN, $REVOKE, $SESSION) = (1, 3, -3);

sub join_session {
    syscall($call->{keyctl}, $JOIN, 0) >= 0 or die "no session: $!";
}

sub filter {
    my ($errno) = @_;
    my $step = sub { pack('S C C L', @_) };
    my @numbers = @$call{qw(add_key request_key keyctl)};
    my $filter = $step->(0x20, 0, 0, 0);
    for my $at (0 .. $#numbers) {
        $filter .= $step->(0x15, $#numbers - $at + 1, 0, $numbers[$at]);
    }
    $filter .= $step->(0x06, 0, 0, 0x7fff0000) . $step->(0x06, 0, 0, 0x00050000 | $errno);
    my $program = pack('S x6 P', length($filter) / 8, $filter);
    syscall($call->{prctl}, 38, 1, 0, 0, 0) == 0 or die "no promise: $!";
    syscall($call->{prctl}, 22, 2, $program, 0, 0) == 0 or die "no filter: $!";
}

sub fill {
    my ($user) = @_;
    ($(, $)) = ($user, "$user $user");
    ($<, $>) = ($user, $user);
    join_session();
    my ($type, $payload) = ('user', 'x' x 64);
    for my $n (1 .. 100_000) {
        my $name = "kovra-test-$n";
        return if syscall($call->{add_key}, $type, $name, $payload, length $payload, $SESSION) < 0;
    }
    die 'the quota has no end';
}

my $how = shift @ARGV;
if    ($how =~ /^errno=(\d+)$/) { filter($1) }
elsif ($how =~ /^full=(\d+)$/)  { fill($1) }
else                            { join_session() }
$how ne 'revoked' or syscall($call->{keyctl}, $REVOKE, $SESSION) == 0 or die "not revoked: $!";
exec @ARGV or die "$ARGV[0]: $!";
