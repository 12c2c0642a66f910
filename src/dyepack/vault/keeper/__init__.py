"""The keeper (守钥服务): holds the keys of people, and gives one only against a receipt of the ledger.

No receipt, no key: ``gate`` decides, ``wrapping`` derives, ``service`` joins them over a store of its own. What the
rest of the vault may ask is in ``wire`` alone; in production it is another process, account and machine.
"""
