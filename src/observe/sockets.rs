//! The ports that a container listens on, from the tables of the kernel.

use std::collections::BTreeSet;

/// The state of a socket that listens, as `/proc/net/tcp` and `/proc/net/tcp6` write it.
const LISTEN: &str = "0A";

/// The ports of a table that others can reach: those of the loopback interface alone are not among them.
pub(super) fn listening(table: &str) -> BTreeSet<u16> {
    let port = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let (address, port) = local.rsplit_once(':')?;
        let is_reached = state == LISTEN && !is_loopback(address);
        is_reached.then(|| u16::from_str_radix(port, 16).ok()).flatten()
    };
    table.lines().filter_map(port).collect()
}

/// Addresses are written as words of the machine, which is little-endian wherever containers run.
fn is_loopback(address: &str) -> bool {
    const LOOPBACK6: &str = "00000000000000000000000001000000";
    const MAPPED: &str = "0000000000000000FFFF0000";
    let of_ipv4 = if address.len() == 8 { Some(address) } else { address.strip_prefix(MAPPED) };
    address == LOOPBACK6 || of_ipv4.is_some_and(|address| address.ends_with("7F"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn ports(rows: &[&str]) -> Vec<u16> {
        let rows: String =
            rows.iter().map(|row| format!("   0: {row} 00000000:00000000 00:00000000 0 0 1\n")).collect();
        listening(&format!("{HEAD}{rows}")).into_iter().collect()
    }

    #[test]
    fn a_port_is_listened_on_and_not_a_connection() {
        let rows =
            ["00000000:1F90 00000000:0000 0A", "020011AC:1F91 010011AC:D431 01", "020011AC:0050 00000000:0000 0A"];
        assert_eq!(ports(&rows), [80, 8080]);
    }

    #[test]
    fn the_loopback_interface_is_reached_by_nobody_else() {
        let rows = [
            "0100007F:1F90 00000000:0000 0A",
            "0B00007F:9C4B 00000000:0000 0A",
            "00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A",
            "0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A",
            "00000000000000000000000000000000:1F93 00000000000000000000000000000000:0000 0A",
        ];
        assert_eq!(ports(&rows), [8083]);
    }

    #[test]
    fn what_is_no_table_has_no_ports() {
        assert_eq!(listening("cat: /proc/net/tcp6: No such file or directory\n0: zz 0A\n"), BTreeSet::new());
    }
}
