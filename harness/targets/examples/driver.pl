#!/usr/bin/env perl
# A driver for an implementation that runs no Python: a map in Perl, which reads and writes its file by system calls.
# harness/targets/src/driver/protocol.md describes the lines. With FAULT=1 in its environment, read() moves no position.
use strict; use warnings;
use Compress::Raw::Zlib qw(crc32);
use JSON::PP;

my %known = map { $_ => 1 } qw(mmap close closed len tell read write);
my $arguments = [qw(bool index int-subclass callback constants bytearray memoryview strided array float text wrong-type special-file file map view word)];
my $json = JSON::PP->new->utf8->ascii;
my (@files, @maps, $detail);

sub raises { die ["!", $_[0], $_[1], ""] }
sub declined { die ["?", "the driver declines $_[0]"] }
sub bytes_at { my ($file, $at, $count) = @_; sysseek $file, $at, 0; my $bytes = ""; sysread $file, $bytes, $count; $bytes }
sub content { my ($data) = @_; [length $data, crc32($data), $detail eq "full" && length $data <= 262144 ? $data : undef] }
sub line { print $json->encode($_[0]), "\n" }

sub construct {
    my ($fileno, $length) = @_;
    my $of = ref $fileno && $fileno->[0] eq "fd" && $files[$fileno->[1]];
    my $plain = @_ == 2 && !grep { !defined || ref } $of ? 0 : $fileno, $length;
    declined("this constructor") unless $plain && ($of || $fileno == -1) && $length >= 0;
    my $size = $of ? -s $of->{open} : $length;
    $of ? raises("ValueError") : raises("OSError", 22) if $size == 0 || $size < $length;
    raises("PermissionError", 13) if $of && $of->{mode} !~ /\+/;
    my $file = $of ? $of->{open} : undef;
    open($file, "+>", undef) && truncate $file, $length unless $of;
    return { file => $file, len => $length || $size, pos => 0 };
}

sub call {
    my ($name, $map, @args) = @_;
    raises("TypeError") if @args && $name !~ /read|write/;
    return $map->{file} ? JSON::PP::false : JSON::PP::true if $name eq "closed";
    return $map->{file} = undef if $name eq "close";
    raises("ValueError") unless $map->{file};
    return $map->{len} if $name eq "len";
    return $map->{pos} if $name eq "tell";
    my ($arg, $rest) = ($args[0], $map->{len} - $map->{pos});
    raises("TypeError") if @args > 1 || (ref $arg xor $name eq "write");
    if ($name eq "read") {
        my $bytes = bytes_at($map->{file}, $map->{pos}, !defined $arg || $arg < 0 || $arg > $rest ? $rest : $arg);
        $map->{pos} += length $bytes unless $ENV{FAULT};
        return ["b", $bytes];
    }
    raises("ValueError") if length $arg->[2] > $rest;
    $map->{pos} += sysseek($map->{file}, $map->{pos}, 0) && syswrite $map->{file}, $arg->[2];
    length $arg->[2];
}

sub outcome {
    my ($name, $on, $bind, $args, $keywords) = @_;
    my $other = grep { ref && (ref ne "ARRAY" || "@$_[0, 1]" !~ /^(fd|b bytes)/) } @$args;
    my @done = eval {
        declined($other ? "an argument" : $name) if $other || !$known{$name} || $name ne "mmap" && !$maps[$on];
        $name eq "mmap" ? declined("keywords") : raises("TypeError") if $keywords;
        $name eq "mmap" ? ($maps[$bind] = construct(@$args), undef)[1] : call($name, $maps[$on], @$args);
    };
    return $@ || $done[0];
}

sub files { [map { content(bytes_at($_->{read}, 0, -s $_->{read})) } @files] }
sub look {
    my @state = map { $_ && ($_->{file} ? [$_->{pos}, $_->{len}, content(bytes_at($_->{file}, 0, $_->{len}))] : 0) } @maps;
    return [\@state, $detail eq "quick" ? [] : files()];
}

sub run {
    my ($case, $names) = @_;
    ($detail, @maps, @files) = $case->{detail};
    for (@{ $case->{files} }) {
        my ($name, $bytes, $mode) = @$_;
        open(my $open, "+>", $name) && open(my $read, "<", $name) or die "$name: $!";
        syswrite $open, $bytes;
        push @files, { open => $open, read => $read, mode => $mode };
    }
    my @steps;
    for my $step (@{ $case->{steps} }) {
        push @steps, [outcome($names->[$step->[0]], @$step[1 .. $#$step]), look()];
        line({ id => $case->{id}, step => $steps[-1] }) if $case->{tell};
        last if ref $steps[-1][0] eq "ARRAY" && $steps[-1][0][0] eq "?";
    }
    my ($last, @closing) = (look(), map { $_ && [call("close", $_)] } @maps);
    line({ id => $case->{id}, steps => \@steps, last => $last, closing => \@closing, files => files(), leaks => undef });
}

$| = 1;
my $hello = $json->decode(scalar <STDIN>);
chdir $hello->{folder} or die "$hello->{folder}: $!";
my @names = map { $_->{name} } @{ $hello->{operations} };
my @parameters = grep { !/fileno|length/ } @{ $hello->{constructor} };
line({
    protocol => 2, implementation => "perl", release => undef, version => [3, 13, 0], platform => "linux", lacks => [],
    page => 4096, granule => 4096, methods => [qw(close closed read tell write)], constants => [], edition => undef,
    counted => JSON::PP::true,
    declines => { operations => [grep { !$known{$_} } @names], parameters => \@parameters, arguments => $arguments },
});
run($json->decode($_), \@names) while <STDIN>;
