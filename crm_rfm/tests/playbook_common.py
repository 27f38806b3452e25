from odoo.tests import new_test_user

from .common import RfmCommon


class PlaybookCommon(RfmCommon):
    """Own cut points: recency alone decides, so that a customer moves when it should.

    Score 5 within 10 days, 4 within 30, 3 within 60, 2 within 90; one purchase is
    frequency 1: *New customers* (R 5), *Promising* (R 4), *About to sleep* (R 3),
    *Hibernating* (R 1–2).
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.scheme.write(
            {
                "method": "cutpoint",
                "cut_ids": [
                    (
                        0,
                        0,
                        {
                            "score": score,
                            "recency_max": days,
                            "frequency_min": score * 10,
                            "monetary_min": score * 1000,
                        },
                    )
                    for score, days in ((5, 10), (4, 30), (3, 60), (2, 90))
                ],
            }
        )
        cls.Activity = cls.env["mail.activity"]
        cls.ana, cls.ben = (
            cls._user(name, "sales_team.group_sale_salesman") for name in ("ana", "ben")
        )
        cls.promising = cls.env.ref("crm_rfm.segment_promising")
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.promising.write(
            {
                "activity_type_id": cls.call.id,
                "activity_summary": "Introduce the range",
                "activity_days": 5,
                "playbook_active": True,
            }
        )

    @classmethod
    def _user(cls, name, group, **vals):
        return new_test_user(
            cls.env,
            login=f"playbook_{name}",
            groups=f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
            **vals,
        )

    def _customers(self, *amounts, user=None):
        """Customers who bought on 10 June, 5 days ago: R 5, *New customers*."""
        partners = self.env["res.partner"]
        for amount in amounts:
            partner = self._partner(f"Bought {amount}", user_id=(user or self.ana).id)
            self._invoice(amount, "2026-06-10", partner_id=partner.id)
            partners |= partner
        self.Customer._refresh()
        return partners

    def _enter(self, day="2026-06-25"):
        """15 days after the purchase: R 4, *Promising*."""
        with self._on(day):
            self.Customer._refresh()
            return self._run(day)

    def _run(self, day):
        with self._on(day):
            return self.Customer._playbook_waiting()._playbook_plan()

    def _planned(self, **domain):
        return self.Activity.search(
            [("rfm_segment_id", "!=", False)]
            + [(name, "=", value) for name, value in domain.items()],
            order="id",
        )
